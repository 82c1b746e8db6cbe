//! What is asked for, and which answer is right.

use super::{Spec, ab, long};
use crate::ab::options::Credential;
use crate::ab::options::draft::Via;
use crate::ab::options::values::{
    body_check, credential, field, header_name, method, number, rejected, statuses,
};

pub(super) const AB: &[Spec] = &[
    ab('i', "i", None, "Use HEAD instead of GET", |draft, _| {
        draft.choose_method(Via::Head)
    }),
    ab(
        'm',
        "m",
        Some("METHOD"),
        "Use this method; beside -p or -u with their body",
        |draft, text| {
            draft.custom_method = Some(method(text)?);
            Ok(())
        },
    ),
    ab(
        'p',
        "p",
        Some("FILE"),
        "POST the content of this file; see also -T",
        |draft, text| draft.choose_method(Via::Post(text.into())),
    ),
    ab(
        'u',
        "u",
        Some("FILE"),
        "PUT the content of this file; see also -T",
        |draft, text| draft.choose_method(Via::Put(text.into())),
    ),
    ab(
        'T',
        "T",
        Some("TYPE"),
        "Content-type of the body [text/plain]",
        |draft, text| {
            draft.content_type = field(&format!("Content-type: {text}"))
                .map_err(|_| rejected(text, "write a media type, such as application/json"))?
                .value;
            Ok(())
        },
    ),
    ab(
        'C',
        "C",
        Some("NAME=VALUE"),
        "Send this cookie; may be repeated (ab sends the last one only)",
        |draft, text| {
            let cookie = field(&format!("Cookie: {text}"));
            draft.cookies.push(
                cookie
                    .map_err(|_| rejected(text, "write name=value"))?
                    .value,
            );
            Ok(())
        },
    ),
    ab(
        'H',
        "H",
        Some("NAME: VALUE"),
        "Send this header too; may be repeated. Host, Accept and User-Agent replace those that are sent otherwise",
        |draft, text| {
            draft.fields.push(field(text)?);
            Ok(())
        },
    ),
    ab(
        'A',
        "A",
        Some("USER:PASSWORD"),
        "Basic authentication at the server",
        |draft, text| {
            draft
                .credentials
                .push(Credential::Server(credential(text, "Authentication")?));
            Ok(())
        },
    ),
];

pub(super) const BEYOND: &[Spec] = &[
    long(
        "script",
        Some("FILE"),
        "Send the requests of this file, each as often as its weight says",
        |draft, text| {
            draft.script = Some(text.into());
            Ok(())
        },
    ),
    long(
        "expect-status",
        Some("LIST"),
        "Fail responses of another status, such as 200,204 or 2xx,301-304",
        |draft, text| {
            draft.expect.status = statuses(text)?;
            Ok(())
        },
    ),
    long(
        "expect-length",
        Some("BYTES"),
        "Fail responses whose body has another length",
        |draft, text| {
            draft.expect.length = Some(number(text, 0..=u64::MAX)?);
            Ok(())
        },
    ),
    long(
        "expect-body",
        Some("TEXT|@FILE"),
        "Fail responses whose body does not contain this text, or is not the content of this file",
        |draft, text| {
            draft.expect.body = Some(body_check(text)?);
            Ok(())
        },
    ),
    long(
        "by-header",
        Some("NAME"),
        "Count requests, failures and latencies for each value of this response header, such as x-real-server",
        |draft, text| {
            draft.by_header = Some(header_name(text)?);
            Ok(())
        },
    ),
];
