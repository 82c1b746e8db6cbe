use hdrhistogram::Histogram;
use proptest::prelude::*;

use super::*;
use crate::Latency;
use crate::results::sample as results;

fn holds(text: &str) -> bool {
    text.parse::<Assertion>().unwrap().judge(&results()).holds
}

#[test]
fn every_figure_is_compared_in_its_unit() {
    for text in [
        "p50<=50.1ms",
        "p50 > 49.9 ms",
        "p99<0.1s",
        "p100<101ms",
        "p0>=0.9ms",
        "min<1100us",
        "max>=99ms",
        "mean>50ms",
        "mean<51ms",
        "sd<30ms",
        "connect.p50<51ms",
        "elapsed==2s",
        "rps==50",
        "rps>=50/s",
        "bytes_per_second==2048",
        "completed==100",
        "errors==25",
        "errors!=0",
        "unfinished==1",
        "non_2xx==7",
        "connections>100",
        "error_rate==20%",
        "error_rate<=0.2",
        "errors.connect-refused==25",
        "errors.bad-status==0",
        "share.rs1==75%",
        "share.rs2<0.26",
    ] {
        assert!(holds(text), "{text}");
    }
    for text in [
        "p50<50ms",
        "errors==0",
        "rps>50",
        "error_rate<20%",
        "share.rs1<75%",
        "p99<1us",
    ] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn a_figure_that_was_not_measured_fails_whatever_is_asserted() {
    for text in [
        "service.p99<1h",
        "errors.no-such-class==0",
        "share.rs9<=100%",
        "share.rs9!=1",
    ] {
        let verdict = text.parse::<Assertion>().unwrap().judge(&results());
        assert_eq!((verdict.holds, verdict.measured), (false, None), "{text}");
        assert_eq!(
            verdict.to_string(),
            format!("FAILED: {text} (there is no such figure)")
        );
    }
    let mut none = results();
    none.latencies
        .insert(Latency::Total, Histogram::new(3).unwrap());
    assert!(!"p99<1h".parse::<Assertion>().unwrap().judge(&none).holds);
}

#[test]
fn a_verdict_says_what_was_measured() {
    let verdict = |text: &str| {
        text.parse::<Assertion>()
            .unwrap()
            .judge(&results())
            .to_string()
    };
    assert_eq!(verdict("errors == 0"), "FAILED: errors==0 (25)");
    assert_eq!(verdict("rps>=10"), "holds: rps>=10 (50.0/s)");
    assert_eq!(verdict("error_rate<1%"), "FAILED: error_rate<1% (20.000 %)");
    assert_eq!(verdict("elapsed<1m"), "holds: elapsed<1m (2.000 s)");
}

#[test]
fn what_is_wrong_is_said() {
    let wrong = |text: &str| text.parse::<Assertion>().unwrap_err().to_string();
    assert!(wrong("p99").starts_with("there is no comparison"));
    assert!(wrong("p99=5ms").starts_with("there is no comparison"));
    let unknown = wrong("latency<5ms");
    assert!(
        unknown.starts_with("there is no figure 'latency'"),
        "{unknown}"
    );
    assert!(
        unknown.contains("errors.CLASS") && unknown.contains("connect."),
        "{unknown}"
    );
    assert_eq!(
        wrong("p101<1s"),
        "a percentile is from 0 to 100, such as p99.9; it is 'p101'"
    );
    assert_eq!(
        wrong("p99<50"),
        "'50' is no value for p99: write a time with its unit, such as 500us, 50ms or 1.5s"
    );
    assert_eq!(
        wrong("errors==1ms"),
        "'1ms' is no value for errors: write a whole number"
    );
    assert_eq!(
        wrong("errors==1.5"),
        "'1.5' is no value for errors: write a whole number"
    );
    assert_eq!(
        wrong("share.a<120%"),
        "'120%' is no value for share.a: write a share from 0 to 1, or 0% to 100%"
    );
    for text in [
        "rps<-1",
        "rps<inf",
        "rps<nan",
        "rps<1e9",
        "rps<",
        "<1",
        "share.<1",
        "errors.==0",
        "p<1s",
    ] {
        assert!(text.parse::<Assertion>().is_err(), "{text}");
    }
}

#[test]
fn each_name_that_is_listed_can_be_asserted() {
    for text in [
        "p0",
        "p100",
        "p99.9",
        "min",
        "mean",
        "sd",
        "max",
        "service.p9",
        "corrected.max",
        "processing.sd",
        "waiting.mean",
        "elapsed",
    ] {
        assert!(format!("{text}<1s").parse::<Assertion>().is_ok(), "{text}");
    }
}

fn assertion() -> impl Strategy<Value = String> {
    let time = (
        "(total\\.|service\\.|connect\\.)?(p[1-9]?[0-9](\\.[0-9]{1,3})?|min|mean|sd|max)",
        "[0-9]{1,6}(\\.[0-9]{1,3})?(ns|us|ms|s|m|h)",
    );
    let count = (
        "completed|errors|non_2xx|errors\\.[a-z-]{1,9}",
        "[0-9]{1,9}",
    );
    let share = (
        "error_rate|share\\.[a-z0-9.]{1,9}",
        "[0-9]{1,2}(\\.[0-9]{1,3})?%|0\\.[0-9]{1,4}",
    );
    let rate = ("rps|bytes_per_second", "[0-9]{1,9}(\\.[0-9]{1,2})?(/s)?");
    let operator = "<|<=|>|>=|==|!=";
    prop_oneof![
        (time.0, operator, time.1),
        (count.0, operator, count.1),
        (share.0, operator, share.1),
        (rate.0, operator, rate.1),
    ]
    .prop_map(|(name, operator, value)| format!("{name} {operator} {value}"))
}

proptest! {
    #[test]
    fn an_assertion_survives_being_written(text in assertion()) {
        let assertion: Assertion = text.parse().unwrap();
        prop_assert_eq!(assertion.to_string().parse::<Assertion>().unwrap(), assertion);
    }

    #[test]
    fn of_two_opposite_assertions_exactly_one_holds(count in 0_u32..60) {
        prop_assert_ne!(holds(&format!("errors<{count}")), holds(&format!("errors>={count}")));
        prop_assert_ne!(holds(&format!("errors==0{count}")), holds(&format!("errors!={count}")));
        prop_assert_ne!(holds(&format!("p50>{count}ms")), holds(&format!("p50<={count}ms")));
    }

    #[test]
    fn any_text_is_an_assertion_or_an_error(text in "\\PC{0,20}") {
        let _ = text.parse::<Assertion>();
    }
}
