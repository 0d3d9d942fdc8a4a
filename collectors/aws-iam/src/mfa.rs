//! MFA devices, and what their serial numbers tell of them.

use crate::resource::{MfaDevice, MfaDeviceType};
use aws::xml::{MalformedAnswer, Node};

/// A device as `ListMFADevices` and `ListVirtualMFADevices` give it.
pub fn device(member: &Node<'_>) -> Result<MfaDevice, MalformedAnswer> {
    let serial = member.required("SerialNumber")?.to_owned();
    Ok(MfaDevice { kind: kind(&serial), serial, enabled: member.moment("EnableDate")? })
}

/// A virtual device and a passkey have an ARN that says so, a hardware token has only its serial number.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_MFADevice.html>
fn kind(serial: &str) -> Option<MfaDeviceType> {
    if !serial.starts_with("arn:") {
        return Some(MfaDeviceType::Hardware);
    }
    let resource = serial.splitn(6, ':').nth(5)?;
    match resource.split_once('/')?.0 {
        "mfa" => Some(MfaDeviceType::Virtual),
        "u2f" => Some(MfaDeviceType::Passkey),
        "sms-mfa" => Some(MfaDeviceType::Sms),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_devices_apart() {
        for (serial, expected) in [
            ("arn:aws:iam::111122223333:mfa/alice", Some(MfaDeviceType::Virtual)),
            ("arn:aws-us-gov:iam::111122223333:mfa/path/alice", Some(MfaDeviceType::Virtual)),
            ("arn:aws:iam::111122223333:mfa/root-account-mfa-device", Some(MfaDeviceType::Virtual)),
            ("arn:aws:iam::111122223333:u2f/user/bob/yubi-ABCDEF", Some(MfaDeviceType::Passkey)),
            ("arn:aws:iam::111122223333:u2f/root-user/key-ABCDEF", Some(MfaDeviceType::Passkey)),
            ("arn:aws:iam::111122223333:sms-mfa/carol", Some(MfaDeviceType::Sms)),
            ("GAHT12345678", Some(MfaDeviceType::Hardware)),
            ("arn:aws:iam::111122223333:other/x", None),
            ("arn:aws:iam::111122223333:mfa", None),
            ("arn:", None),
        ] {
            assert_eq!(kind(serial), expected, "{serial}");
        }
    }
}
