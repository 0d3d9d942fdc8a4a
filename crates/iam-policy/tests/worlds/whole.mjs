// Puts questions to iam-simulate with the caller's own policies and boundary. Read by `node --input-type=module`, in the folder where it is installed.
// A question is {principal, action, resource, account, context, identity, boundary, policy}; an answer what the simulator says.
import { readFileSync } from 'node:fs';
import { runSimulation } from '@cloud-copilot/iam-simulate';

const named = (policies) => policies.map((policy, n) => ({ name: `policy-${n}`, policy }));
const answers = [];
for (const one of JSON.parse(readFileSync(0, 'utf8'))) {
  const said = await runSimulation(
    {
      request: {
        principal: one.principal,
        action: one.action,
        resource: { resource: one.resource, accountId: one.account },
        contextVariables: one.context,
      },
      identityPolicies: named(one.identity),
      ...(one.boundary ? { permissionBoundaryPolicies: named([one.boundary]) } : {}),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(one.policy ? { resourcePolicy: one.policy } : {}),
    },
    {},
  );
  answers.push(said.resultType === 'error' ? `error: ${JSON.stringify(said.errors)}` : said.overallResult);
}
console.log(JSON.stringify(answers));
