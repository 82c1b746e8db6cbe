use std::sync::{Arc, Mutex};

use indicatif::InMemoryTerm;

use super::*;

fn snapshot() -> Snapshot {
    Snapshot {
        elapsed: Duration::from_millis(12_340),
        completed: 12_030,
        requests: Some(50_000),
        time_limit: None,
        rate: 1003.4,
        percentiles: vec![
            (50.0, Duration::from_micros(912)),
            (99.0, Duration::from_micros(31_040)),
            (99.9, Duration::from_millis(1250)),
        ],
        errors: vec![("connect-refused".into(), 2), ("short-body".into(), 1)],
        servers: vec![("rs1".into(), 9000), ("rs2".into(), 3030)],
    }
}

/// What a pipe would have got.
#[derive(Clone, Default)]
struct Pipe(Arc<Mutex<Vec<u8>>>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn elsewhere_each_snapshot_is_a_line() {
    let pipe = Pipe::default();
    let mut display = Display::lines(Box::new(pipe.clone()));
    display.show(&snapshot()).unwrap();
    display
        .show(&Snapshot {
            time_limit: Some(Duration::from_secs(20)),
            ..Snapshot::default()
        })
        .unwrap();
    display.finish();
    let text = String::from_utf8(pipe.0.lock().unwrap().clone()).unwrap();
    assert_eq!(
        text,
        "12.3 s  12030 of 50000 requests  1003/s  p50 912 µs  p99 31.0 ms  p99.9 1.25 s  \
         3 failed (connect-refused 2, short-body 1)  rs1 74.8 %  rs2 25.2 %\n\
         0.0 of 20 s  0 requests  0/s  0 failed\n"
    );
}

#[test]
fn a_terminal_has_a_bar_that_goes_away() {
    let terminal = InMemoryTerm::new(10, 120);
    let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
    let mut display = Display::bar(target, false);
    display.show(&snapshot()).unwrap();
    let shown = terminal.contents();
    assert!(shown.starts_with("━━━━━━━"), "{shown}");
    for part in [
        "12030 of 50000 requests",
        "p99 31.0 ms",
        "3 failed",
        "rs2 25.2 %",
    ] {
        assert!(shown.contains(part), "{shown}");
    }
    assert_eq!(shown.lines().count(), 3);
    display.finish();
    assert_eq!(terminal.contents(), "");
}

#[test]
fn the_nearer_of_two_limits_is_what_is_done() {
    let half = Snapshot {
        elapsed: Duration::from_secs(5),
        completed: 20,
        requests: Some(100),
        time_limit: Some(Duration::from_secs(10)),
        ..Snapshot::default()
    };
    assert_eq!(half.done(), Some(0.5));
    let most = Snapshot {
        completed: 80,
        ..half.clone()
    };
    assert_eq!(most.done(), Some(0.8));
    let beyond = Snapshot {
        completed: 200,
        ..half.clone()
    };
    assert_eq!(beyond.done(), Some(1.0));
    assert_eq!(
        Snapshot {
            requests: None,
            time_limit: None,
            ..half
        }
        .done(),
        None
    );
}

#[test]
fn many_real_servers_fit_into_a_line() {
    let servers = (0..20).map(|number| (format!("rs{number}"), 1)).collect();
    let line = words::line(&Snapshot {
        servers,
        ..Snapshot::default()
    });
    assert!(line.ends_with("rs7 5.0 %  and 12 more"), "{line}");
}
