//! Known issuers of tokens, and where in a token the tenant stands.
//!
//! Each row names the page that says so. What the row of an issuer does not name does not tell its tenants apart.

/// One issuer.
#[derive(Debug)]
pub struct Issuer {
    /// The name under which tenants are declared.
    pub key: &'static str,
    /// For sentences.
    pub name: &'static str,
    /// The issuer without `https://`. `{}` stands for one segment of its path or host, `{tenant}` for one that names the tenant,
    /// `**` for any rest.
    pub issuer: &'static str,
    /// Whether two tenants cannot differ in case alone.
    pub ignore_case: bool,
    pub shape: Shape,
    /// Where it is documented.
    pub source: &'static str,
}

/// Where the tenant stands.
#[derive(Debug)]
pub enum Shape {
    /// Many share the issuer: the tenant stands in a claim.
    Claims(&'static [Place]),
    /// The issuer itself names the tenant: every token is of theirs.
    OfTenant,
    /// The issuer is one Kubernetes cluster: the subject must name a namespace, `system:serviceaccount:NAMESPACE:NAME`.
    Cluster,
    /// Everybody in the world can have a subject there, and none of them tells a tenant: one exact subject must be declared.
    Subjects,
    /// Amazon Cognito: the audience is the pool, and `amr` tells guests from those who signed in.
    Cognito,
}

/// One place of a tenant.
#[derive(Debug)]
pub struct Place {
    pub claim: &'static str,
    /// What stands before the tenant. Empty: the tenant begins the claim.
    pub before: &'static str,
    /// What parts the tenant from what is below it (`group/project`). The tenant may be declared with any number of these levels.
    pub below: Option<char>,
    /// What ends the whole name. `None`: the claim's end does.
    pub end: Option<char>,
    /// What a declared name begins with where it is not of the same kind as the others: `enterprise:northbank`.
    pub label: &'static str,
    /// Names may carry an id: `northbank@4711201`. No name has an `@` in it.
    pub ids: bool,
    /// Names are declared beside ids, which are digits: a name of digits only is declared with `name:` before it.
    pub beside_ids: bool,
    /// Names whose code runs, and not who runs it: whether somebody else may, can only be declared.
    pub of_code: bool,
}

const fn place(claim: &'static str, before: &'static str, below: Option<char>, end: Option<char>) -> Place {
    Place { claim, before, below, end, label: "", ids: false, beside_ids: false, of_code: false }
}

const fn named(claim: &'static str, before: &'static str, below: Option<char>, end: Option<char>) -> Place {
    Place { beside_ids: true, ..place(claim, before, below, end) }
}

const fn with_ids(before: &'static str) -> Place {
    Place { ids: true, ..named("sub", before, Some('/'), Some(':')) }
}

const fn labelled(claim: &'static str, before: &'static str, end: Option<char>, label: &'static str) -> Place {
    Place { label, ..place(claim, before, None, end) }
}

const fn of_code(before: &'static str, claim: &'static str) -> Place {
    Place { label: "job_workflow_ref:", of_code: true, ..place(claim, before, Some('/'), Some('@')) }
}

const fn claims(
    key: &'static str,
    name: &'static str,
    issuer: &'static str,
    places: &'static [Place],
    source: &'static str,
) -> Issuer {
    Issuer { key, name, issuer, ignore_case: false, shape: Shape::Claims(places), source }
}

const fn of_tenant(key: &'static str, name: &'static str, issuer: &'static str, source: &'static str) -> Issuer {
    Issuer { key, name, issuer, ignore_case: false, shape: Shape::OfTenant, source }
}

const fn cluster(key: &'static str, name: &'static str, issuer: &'static str, source: &'static str) -> Issuer {
    Issuer { key, name, issuer, ignore_case: false, shape: Shape::Cluster, source }
}

const fn subjects(key: &'static str, name: &'static str, issuer: &'static str, source: &'static str) -> Issuer {
    Issuer { key, name, issuer, ignore_case: false, shape: Shape::Subjects, source }
}

/// GitHub's subject begins with the first of the claims that the repository or organisation chose; by default with `repo`.
/// Names may carry an id, `northbank@4711201`, which is a name of its own. `job_workflow_ref` is the reusable workflow that a job is
/// made of: a workflow of a public repository can be called by anybody's.
const GITHUB: &[Place] = &[
    with_ids("repo:"),
    with_ids("repository:"),
    named("sub", "repository_owner:", None, Some(':')),
    place("sub", "repository_owner_id:", None, Some(':')),
    labelled("sub", "repository_id:", Some(':'), "repository_id:"),
    of_code("job_workflow_ref:", "sub"),
    named("sub", "workflow_ref:", Some('/'), Some('@')),
    labelled("sub", "enterprise:", Some(':'), "enterprise:"),
    labelled("sub", "enterprise_id:", Some(':'), "enterprise_id:"),
    named("repository", "", Some('/'), None),
    named("repository_owner", "", None, None),
    place("repository_owner_id", "", None, None),
    labelled("repository_id", "", None, "repository_id:"),
    of_code("", "job_workflow_ref"),
    named("workflow_ref", "", Some('/'), Some('@')),
    labelled("enterprise", "", None, "enterprise:"),
    labelled("enterprise_id", "", None, "enterprise_id:"),
];

/// The table.
pub const ISSUERS: &[Issuer] = &[
    Issuer {
        key: "github",
        name: "GitHub Actions",
        issuer: "token.actions.githubusercontent.com",
        ignore_case: true,
        shape: Shape::Claims(GITHUB),
        source: "https://docs.github.com/en/actions/reference/security/oidc",
    },
    Issuer {
        // An enterprise may have an issuer of its own below GitHub's.
        key: "github",
        name: "GitHub Actions",
        issuer: "token.actions.githubusercontent.com/{}",
        ignore_case: true,
        shape: Shape::Claims(GITHUB),
        source: "https://docs.github.com/en/enterprise-cloud@latest/actions/reference/security/oidc",
    },
    Issuer {
        // Data residency: an enterprise has a host of its own, and its organisations share it.
        key: "github",
        name: "GitHub Actions",
        issuer: "token.actions.{}.ghe.com",
        ignore_case: true,
        shape: Shape::Claims(GITHUB),
        source: "https://docs.github.com/en/enterprise-cloud@latest/admin/data-residency/feature-overview-for-github-enterprise-cloud-with-data-residency",
    },
    Issuer {
        key: "github",
        name: "GitHub Actions",
        issuer: "token.actions.{}.ghe.com/{}",
        ignore_case: true,
        shape: Shape::Claims(GITHUB),
        source: "https://docs.github.com/en/enterprise-cloud@latest/actions/reference/security/oidc",
    },
    Issuer {
        key: "github-audit-log",
        name: "GitHub's audit log streaming",
        issuer: "oidc-configuration.audit-log.githubusercontent.com",
        ignore_case: true,
        shape: Shape::Claims(&[place("sub", "https://github.com/", None, None)]),
        source: "https://docs.github.com/en/enterprise-cloud@latest/admin/monitoring-activity-in-your-enterprise/reviewing-audit-logs-for-your-enterprise/streaming-the-audit-log-for-your-enterprise",
    },
    Issuer {
        key: "gitlab",
        name: "GitLab.com",
        issuer: "gitlab.com",
        ignore_case: true,
        shape: Shape::Claims(&[
            place("sub", "project_path:", Some('/'), Some(':')),
            labelled("sub", "project_id:", Some(':'), "project_id:"),
        ]),
        source: "https://docs.gitlab.com/ci/cloud_services/aws/",
    },
    claims(
        "terraform",
        "HCP Terraform",
        "app.terraform.io",
        &[place("sub", "organization:", None, Some(':'))],
        "https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/aws-configuration",
    ),
    claims(
        "terraform",
        "HCP Terraform in Europe",
        "app.eu.terraform.io",
        &[place("sub", "organization:", None, Some(':'))],
        "https://developer.hashicorp.com/terraform/cloud-docs/europe",
    ),
    of_tenant(
        "circleci",
        "CircleCI",
        "oidc.circleci.com/org/{tenant}",
        "https://circleci.com/docs/openid-connect-tokens/",
    ),
    of_tenant(
        "bitbucket",
        "Bitbucket Pipelines",
        "api.bitbucket.org/2.0/workspaces/{tenant}/pipelines-config/identity/oidc",
        "https://support.atlassian.com/bitbucket-cloud/docs/deploy-on-aws-using-bitbucket-pipelines-openid-connect/",
    ),
    claims(
        "buildkite",
        "Buildkite",
        "agent.buildkite.com",
        &[place("sub", "organization:", None, Some(':'))],
        "https://buildkite.com/docs/pipelines/security/oidc/aws",
    ),
    of_tenant(
        "azure-devops",
        "Azure DevOps",
        "vstoken.dev.azure.com/{tenant}",
        "https://learn.microsoft.com/en-us/azure/devops/pipelines/release/troubleshoot-workload-identity",
    ),
    of_tenant(
        "entra",
        "Microsoft Entra ID",
        "sts.windows.net/{tenant}",
        "https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference",
    ),
    of_tenant(
        "entra",
        "Microsoft Entra ID",
        "login.microsoftonline.com/{tenant}/v2.0",
        "https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference",
    ),
    claims(
        "vercel",
        "Vercel",
        "oidc.vercel.com",
        &[place("sub", "owner:", None, Some(':')), place("aud", "https://vercel.com/", None, None)],
        "https://vercel.com/docs/oidc/reference",
    ),
    of_tenant("vercel", "Vercel", "oidc.vercel.com/{tenant}", "https://vercel.com/docs/oidc/reference"),
    claims(
        "pulumi",
        "Pulumi Cloud",
        "api.pulumi.com/oidc",
        &[
            place("sub", "pulumi:deploy:org:", None, Some(':')),
            place("sub", "pulumi:environments:org:", None, Some(':')),
            place("sub", "pulumi:environments:pulumi.organization.login:", None, Some(':')),
            // The default project's audience is the organisation's bare name.
            place("aud", "aws:", None, None),
            place("aud", "", None, None),
        ],
        "https://www.pulumi.com/docs/esc/guides/configuring-oidc/aws/",
    ),
    of_tenant(
        "spacelift",
        "Spacelift",
        "{tenant}.app.spacelift.io",
        "https://docs.spacelift.io/integrations/cloud-providers/oidc",
    ),
    of_tenant(
        "spacelift",
        "Spacelift",
        "{tenant}.app.us.spacelift.io",
        "https://docs.spacelift.io/integrations/cloud-providers/oidc",
    ),
    claims(
        "scalr",
        "Scalr",
        "scalr.io",
        &[place("sub", "account:", None, Some(':'))],
        "https://docs.scalr.io/docs/aws",
    ),
    claims(
        "codefresh",
        "Codefresh",
        "oidc.codefresh.io",
        &[place("sub", "account:", None, Some(':'))],
        "https://codefresh.io/docs/docs/integrations/oidc-pipelines/",
    ),
    of_tenant(
        "harness",
        "Harness",
        "app.harness.io/ng/api/oidc/account/{tenant}",
        "https://developer.harness.io/docs/platform/connectors/cloud-providers/ref-cloud-providers/aws-connector-settings-reference/",
    ),
    of_tenant(
        "semaphore",
        "Semaphore",
        "{tenant}.semaphoreci.com",
        "https://docs.semaphoreci.com/using-semaphore/openid",
    ),
    of_tenant("fly", "Fly.io", "oidc.fly.io/{tenant}", "https://fly.io/docs/security/openid-connect/"),
    of_tenant(
        "octopus",
        "Octopus Cloud",
        "{tenant}.octopus.app",
        "https://octopus.com/docs/infrastructure/accounts/openid-connect",
    ),
    claims(
        "upbound",
        "Upbound",
        "proidc.upbound.io",
        &[place("sub", "mcp:", Some('/'), Some(':'))],
        "https://docs.upbound.io/manuals/packages/providers/authentication/",
    ),
    // Unverified: AWS names `sub` as the claim that tells its tenants apart, and no page was found that says where in it they stand.
    subjects(
        "dvc-studio",
        "DVC Studio",
        "studio.datachain.ai/api",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html",
    ),
    cluster(
        "eks",
        "Amazon EKS",
        "oidc.eks.{}.amazonaws.com/id/{tenant}",
        "https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html",
    ),
    cluster(
        "eks",
        "Amazon EKS",
        "oidc.eks.{}.amazonaws.com.cn/id/{tenant}",
        "https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html",
    ),
    cluster(
        "eks",
        "Amazon EKS",
        "oidc.eks.{}.amazonaws.eu/id/{tenant}",
        "https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html",
    ),
    cluster(
        "eks",
        "Amazon EKS",
        "oidc-eks.{}.api.aws/id/{tenant}",
        "https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html",
    ),
    cluster(
        "gke",
        "Google Kubernetes Engine",
        "container.googleapis.com/v1/projects/{tenant}/**",
        "https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity",
    ),
    cluster(
        "aks",
        "Azure Kubernetes Service",
        "{}.oic.prod-aks.azure.com/{tenant}/**",
        "https://learn.microsoft.com/en-us/azure/aks/use-oidc-issuer",
    ),
    cluster(
        "openshift",
        "Red Hat OpenShift Service on AWS",
        "rh-oidc.s3.us-east-1.amazonaws.com/{tenant}",
        "https://docs.openshift.com/rosa/rosa_architecture/rosa-sts-about-iam-resources.html",
    ),
    cluster(
        "openshift",
        "Red Hat OpenShift Service on AWS",
        "oidc.op1.openshiftapps.com/{tenant}",
        "https://docs.openshift.com/rosa/rosa_architecture/rosa-sts-about-iam-resources.html",
    ),
    Issuer {
        key: "cognito",
        name: "Amazon Cognito",
        issuer: "cognito-identity.amazonaws.com",
        ignore_case: false,
        shape: Shape::Cognito,
        source: "https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html",
    },
    Issuer {
        key: "cognito",
        name: "Amazon Cognito",
        issuer: "cognito-identity-us-gov.amazonaws.com",
        ignore_case: false,
        shape: Shape::Cognito,
        source: "https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-cog.html",
    },
    Issuer {
        key: "cognito",
        name: "Amazon Cognito",
        issuer: "cognito-identity.cn-north-1.amazonaws.com.cn",
        ignore_case: false,
        shape: Shape::Cognito,
        source: "https://docs.amazonaws.cn/en_us/aws/latest/userguide/cognito.html",
    },
    subjects(
        "google",
        "Google",
        "accounts.google.com",
        "https://developers.google.com/identity/openid-connect/openid-connect",
    ),
    subjects(
        "facebook",
        "Facebook",
        "graph.facebook.com",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif",
    ),
    subjects(
        "amazon",
        "Login with Amazon",
        "www.amazon.com",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif",
    ),
];
