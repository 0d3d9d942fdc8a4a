//! collector-aws-iam
