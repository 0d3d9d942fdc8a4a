// Puts questions to iam-simulate, another implementation of AWS' policy evaluation.
// usage: node answer.mjs <questions.json >answers.json
// A question is {policy, request: {principal, action, resource, account, context}}. An answer is {result, ignored}: what the simulator says
// (`Allowed`, `ExplicitlyDenied`, `ImplicitlyDenied`, or `error: …`), and the context keys that it does not take for this action.
// The caller's own policies allow everything, so that the policy of the resource decides.
import { readFileSync } from 'node:fs';
import { anonymousPrincipal, runSimulation } from '@cloud-copilot/iam-simulate';

const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

async function answer({ policy, request }) {
  const { principal, action, resource, account, context } = request;
  const person = principal !== null && principal.startsWith('arn:');
  const said = await runSimulation(
    {
      request: {
        principal: principal ?? anonymousPrincipal,
        action,
        resource: { resource, accountId: account },
        contextVariables: context,
      },
      identityPolicies: person ? [{ name: 'everything', policy: everything }] : [],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: policy,
    },
    {},
  );
  if (said.resultType === 'error') return { result: `error: ${JSON.stringify(said.errors)}`, ignored: [] };
  return { result: said.overallResult, ignored: said.result?.ignoredContextKeys ?? [] };
}

const answers = [];
for (const question of JSON.parse(readFileSync(0, 'utf8'))) answers.push(await answer(question));
console.log(JSON.stringify(answers));
