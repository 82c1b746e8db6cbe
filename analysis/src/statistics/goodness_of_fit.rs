//! Whether counts are like draws from given shares.

use fastrand::Rng;

use super::gamma::upper_regularized;

/// From so many expected hits in every cell on, the statistic has the chi-square distribution for
/// all practical purposes (W. G. Cochran, "Some methods for strengthening the common χ² tests",
/// Biometrics 10, 1954).
const ENOUGH_IN_EVERY_CELL: f64 = 5.0;
/// Draws of the Monte-Carlo test: the smallest chance that it gives is one in 10,000.
const DRAWS: u32 = 9_999;
/// More hits than this are not drawn by lot: then the cells that matter are full enough.
const MOST_DRAWN: u64 = 2_000;
/// Any fixed number: the same counts always give the same answer.
const SEED: u64 = 0x1b5;

/// The chance that draws from `shares` differ from them as much as `counts` do, or more: Pearson's
/// chi-square test. Where some cell expects fewer than five hits, and there are no more than 2,000
/// in all, the chance is estimated from 9,999 seeded draws.
///
/// `None` if there is nothing to test: no counts, fewer than two cells with a share, or not as many
/// counts as shares. A hit in a cell without a share has no chance: 0. Shares are taken relative to
/// their sum.
pub fn goodness_of_fit(counts: &[u64], shares: &[f64]) -> Option<f64> {
    let is_share = |share: &f64| share.is_finite() && *share >= 0.0;
    if counts.len() != shares.len() || !shares.iter().all(is_share) {
        return None;
    }
    let hits = counts.iter().fold(0, |sum: u64, &n| sum.saturating_add(n));
    let whole: f64 = shares.iter().sum();
    let cells = shares.iter().filter(|&&share| share > 0.0).count();
    if hits == 0 || cells < 2 {
        return None;
    }
    let mut pairs = counts.iter().zip(shares);
    if pairs.any(|(&count, &share)| count > 0 && share <= 0.0) {
        return Some(0.0);
    }
    let pairs = counts.iter().zip(shares).filter(|&(_, &share)| share > 0.0);
    let (counts, expected): (Vec<u64>, Vec<f64>) = pairs
        .map(|(&count, &share)| (count, share / whole * hits as f64))
        .unzip();
    let statistic = statistic(&counts, &expected);
    let has_thin_cell = expected.iter().any(|&one| one < ENOUGH_IN_EVERY_CELL);
    Some(if has_thin_cell && hits <= MOST_DRAWN {
        by_lot(statistic, &expected, hits)
    } else {
        upper_regularized((cells - 1) as f64 / 2.0, statistic / 2.0)
    })
}

fn statistic(counts: &[u64], expected: &[f64]) -> f64 {
    let pairs = counts.iter().zip(expected);
    let terms = pairs.map(|(&count, &expected)| (count as f64 - expected).powi(2) / expected);
    terms.sum()
}

fn by_lot(seen: f64, expected: &[f64], hits: u64) -> f64 {
    let mut random = Rng::with_seed(SEED);
    let mut up_to = 0.0;
    let ends: Vec<f64> = expected
        .iter()
        .map(|one| {
            up_to += one;
            up_to
        })
        .collect();
    // Equal statistics must count as equal whatever their last digits are.
    let bar = seen - 1e-9 * seen.max(1.0);
    let mut as_far = 0u32;
    for _ in 0..DRAWS {
        let mut drawn = vec![0u64; ends.len()];
        for _ in 0..hits {
            let ticket = random.f64() * up_to;
            let cell = ends.partition_point(|&end| end <= ticket);
            drawn[cell.min(ends.len() - 1)] += 1;
        }
        as_far += u32::from(statistic(&drawn, expected) >= bar);
    }
    f64::from(as_far + 1) / f64::from(DRAWS + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_textbook_case_has_the_textbooks_chance() {
        // 60 throws of a die: chi-square 13.4 with 5 degrees of freedom.
        let chance = goodness_of_fit(&[5, 8, 9, 8, 10, 20], &[1.0; 6]).unwrap();
        assert!((chance - 0.0199).abs() < 0.0001, "{chance}");
    }

    #[test]
    fn few_draws_are_judged_by_lot_and_always_alike() {
        // All four in the first of two equal cells: 2 of 16 outcomes lie as far out.
        let chance = || goodness_of_fit(&[4, 0], &[0.5, 0.5]).unwrap();
        assert!((chance() - 0.125).abs() < 0.01, "{}", chance());
        assert!((chance() - chance()).abs() <= 0.0);
    }

    #[test]
    fn a_hit_where_none_can_be_has_no_chance() {
        assert_eq!(goodness_of_fit(&[9, 9, 1], &[0.5, 0.5, 0.0]), Some(0.0));
    }

    #[test]
    fn where_there_is_nothing_to_test_there_is_no_chance() {
        assert_eq!(goodness_of_fit(&[0, 0], &[0.5, 0.5]), None);
        assert_eq!(goodness_of_fit(&[7, 0], &[1.0, 0.0]), None);
        assert_eq!(goodness_of_fit(&[7], &[0.5, 0.5]), None);
        assert_eq!(goodness_of_fit(&[7, 7], &[0.5, f64::NAN]), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn every_answer_is_a_chance(
            counts in prop::collection::vec(prop_oneof![0u64..40, Just(u64::MAX)], 2..5),
            shares in prop::collection::vec(0.0f64..1.0, 2..5),
        ) {
            if let Some(chance) = goodness_of_fit(&counts, &shares) {
                prop_assert!((0.0..=1.0).contains(&chance));
            }
        }
    }
}
