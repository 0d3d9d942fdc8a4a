//! collector-aws-kms
