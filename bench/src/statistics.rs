//! Medians and spreads of a few numbers.

/// The middle of some numbers, and how far they lie apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) least: f64,
    pub(crate) median: f64,
    pub(crate) most: f64,
}

impl Spread {
    /// Of at least one number. Of an even number of them the median is the mean of the middle two.
    pub(crate) fn of(numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = numbers.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (&least, &most) = (sorted.first()?, sorted.last()?);
        let upper = sorted.len() / 2;
        let lower = (sorted.len() - 1) / 2;
        Some(Self {
            least,
            median: f64::midpoint(sorted[lower], sorted[upper]),
            most,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_whatever_the_order() {
        let odd = Spread::of([3.0, 1.0, 2.0]).unwrap();
        assert_eq!(
            odd,
            Spread {
                least: 1.0,
                median: 2.0,
                most: 3.0
            }
        );
        let even = Spread::of([4.0, 1.0, 2.0, 3.0]).unwrap();
        assert_eq!(
            even,
            Spread {
                least: 1.0,
                median: 2.5,
                most: 4.0
            }
        );
    }

    #[test]
    fn no_numbers_have_no_median() {
        assert_eq!(Spread::of([]), None);
    }
}
