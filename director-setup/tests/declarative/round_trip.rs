//! A configuration survives being written and read.

use director_setup::configuration::{Configuration, ConfigurationError};
use proptest::prelude::*;

use super::arbitrary::configurations;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn a_configuration_survives_its_text(configuration in configurations()) {
        let text = configuration.to_toml();
        let read = Configuration::parse("exported", &text);
        let read = read.map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(read.configuration, configuration);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
        let _ = Configuration::parse("any", &text);
    }

    #[test]
    fn no_change_of_a_good_text_makes_the_reader_panic_or_lose_its_place(
        configuration in configurations(), place: prop::sample::Index, with in "[\\[\\]{}\"=,a-z0-9 -]{0,3}"
    ) {
        let mut text = configuration.to_toml();
        prop_assume!(!text.is_empty());
        let place = place.index(text.len());
        prop_assume!(text.is_char_boundary(place) && text.is_char_boundary(place + 1));
        text.replace_range(place..=place, &with);
        if let Err(ConfigurationError::Meaning { problems, .. }) = Configuration::parse("any", &text) {
            let lines = text.matches('\n').count() + 1;
            prop_assert!(problems.iter().all(|problem| (1..=lines).contains(&problem.line)));
            prop_assert!(!problems.is_empty());
        }
    }
}
