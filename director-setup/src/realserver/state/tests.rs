//! The file as a text, and what is refused in it.

use super::*;
use crate::network::InterfaceName;
use crate::realserver::needs::SettingName;

fn place() -> Place {
    Place {
        boot: "b".to_owned(),
        namespace: "4:1".to_owned(),
    }
}

fn state() -> State {
    State {
        vips: vec![RecordedVip {
            vip: Vip {
                address: [192, 0, 2, 1].into(),
                interface: InterfaceName::lo(),
                method: "tun-gue:6080".parse().unwrap(),
            },
            origin: Origin::Added,
        }],
        settings: vec![RecordedSetting {
            setting: Setting::of_all(SettingName::ArpIgnore),
            original: 0,
        }],
        devices: vec![RecordedDevice {
            device: Device::Tunl0,
            origin: Origin::Found,
        }],
        ports: vec![GuePort {
            port: 6080,
            family: crate::AddressFamily::Ipv4,
        }],
    }
}

fn text(state: State) -> String {
    let document = Document {
        format: FORMAT,
        place: place(),
        state,
    };
    toml::to_string(&document).unwrap()
}

fn parsed(text: &str, place: &Place) -> Result<State, RealServerError> {
    parse(Path::new("state.toml"), text, place)
}

#[test]
fn a_state_is_read_back_as_it_was_written() {
    insta::assert_snapshot!(text(state()), @r#"
    format = 1

    [place]
    boot = "b"
    namespace = "4:1"

    [[state.vips]]
    address = "192.0.2.1"
    interface = "lo"
    method = "tun-gue:6080"
    origin = "added"

    [[state.settings]]
    interface = "all"
    name = "arp_ignore"
    original = 0

    [[state.devices]]
    device = "tunl0"
    origin = "found"

    [[state.ports]]
    port = 6080
    family = "ipv4"
    "#);
    assert_eq!(parsed(&text(state()), &place()).unwrap(), state());
}

#[test]
fn a_file_is_replaced_and_an_empty_state_leaves_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/state.toml");
    let file = StateFile::lock(&path, place()).unwrap();
    assert_eq!(file.read().unwrap(), State::default());
    file.write(&state()).unwrap();
    assert_eq!(file.read().unwrap(), state());
    let second = StateFile::lock(&path, place());
    assert!(matches!(second, Err(RealServerError::Busy(_))));
    file.write(&State::default()).unwrap();
    assert!(!path.exists());
}

#[test]
fn a_state_from_before_the_last_boot_is_empty_and_of_another_namespace_an_error() {
    let boot = "c".to_owned();
    let rebooted = Place { boot, ..place() };
    assert_eq!(parsed(&text(state()), &rebooted).unwrap(), State::default());
    let namespace = "4:2".to_owned();
    let elsewhere = Place {
        namespace,
        ..place()
    };
    let error = parsed(&text(state()), &elsewhere).unwrap_err();
    assert!(
        matches!(error, RealServerError::OtherNamespace(_)),
        "{error}"
    );
}

#[test]
fn a_file_that_would_write_elsewhere_is_refused() {
    let good = text(state());
    for (from, to) in [
        ("interface = \"all\"", "interface = \"../../../kernel\""),
        ("arp_ignore", "accept_local"),
        ("format = 1", "format = 2"),
        ("tunl0", "eth0"),
        ("original = 0", "original = \"0\""),
        ("origin", "orogin"),
    ] {
        let bad = good.replace(from, to);
        assert_ne!(bad, good, "{from}");
        assert!(parsed(&bad, &place()).is_err(), "{to}");
    }
}

#[test]
fn a_file_that_is_something_else_is_refused_in_few_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.toml");
    for wrong in [
        &b""[..],
        b"\xff",
        &b"[".repeat(100_000),
        b"format = 1\nx = 2\n",
    ] {
        fs::write(&path, wrong).unwrap();
        let error = read(&path, &place()).unwrap_err();
        assert!(
            matches!(error, RealServerError::Malformed { .. }),
            "{error}"
        );
        assert!(error.to_string().len() < 1000, "{error}");
    }
    // This one never ends.
    assert!(read(Path::new("/dev/zero"), &place()).is_err());
}
