//! The gamma function.

use std::f64::consts::PI;

/// Terms after which the series and the continued fraction have long settled.
const MOST_TERMS: u32 = 10_000;
/// What no longer changes a sum.
const NEGLIGIBLE: f64 = 1e-16;
/// Lanczos's approximation for g = 7, with nine coefficients: 15 digits (P. Godfrey, "A note on the
/// computation of the convergent Lanczos complex gamma approximation", 2001).
const LANCZOS: [f64; 9] = [
    0.999_999_999_999_809_9,
    676.520_368_121_885_1,
    -1_259.139_216_722_402_8,
    771.323_428_777_653_1,
    -176.615_029_162_140_6,
    12.507_343_278_686_905,
    -0.138_571_095_265_720_12,
    9.984_369_578_019_572e-6,
    1.505_632_735_149_311_6e-7,
];

/// The logarithm of Γ(x), for x of at least 0.5.
pub(super) fn ln_gamma(x: f64) -> f64 {
    let x = x - 1.0;
    let [first, rest @ ..] = LANCZOS;
    let terms = (1u32..).zip(rest);
    let sum: f64 = first + terms.map(|(n, c)| c / (x + f64::from(n))).sum::<f64>();
    let t = x + 7.5;
    0.5 * (2.0 * PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

/// The regularized upper incomplete gamma function Q(a, x), for a of at least 0.5 and x of at
/// least 0: by its series below a + 1, by its continued fraction above.
pub(super) fn upper_regularized(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let scale = (a * x.ln() - x - ln_gamma(a)).exp();
    let value = if x < a + 1.0 {
        1.0 - scale * series(a, x)
    } else {
        scale * continued_fraction(a, x)
    };
    value.clamp(0.0, 1.0)
}

fn series(a: f64, x: f64) -> f64 {
    let mut term = 1.0 / a;
    let mut sum = term;
    for n in 1..MOST_TERMS {
        term *= x / (a + f64::from(n));
        sum += term;
        if term < sum * NEGLIGIBLE {
            break;
        }
    }
    sum
}

/// By Lentz's method: the n-th partial fraction is n(a−n) over x + 2n + 1 − a.
fn continued_fraction(a: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let nonzero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut below = x + 1.0 - a;
    let (mut ahead, mut behind) = (1.0 / TINY, 1.0 / below);
    let mut value = behind;
    for term in (1..MOST_TERMS).map(f64::from) {
        let factor = term * (a - term);
        below += 2.0;
        behind = 1.0 / nonzero(factor * behind + below);
        ahead = nonzero(below + factor / ahead);
        value *= behind * ahead;
        if (behind * ahead - 1.0).abs() < NEGLIGIBLE {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gamma_of_whole_numbers_is_the_factorial() {
        let mut factorial = 1.0f64;
        for n in 1..30 {
            let n = f64::from(n);
            assert!((ln_gamma(n) - factorial.ln()).abs() < 1e-10, "{n}");
            factorial *= n;
        }
        assert!((ln_gamma(0.5) - PI.sqrt().ln()).abs() < 1e-12);
    }

    /// From tables of the chi-square distribution: the 5 % points of 1, 2 and 10 degrees of freedom.
    #[test]
    fn the_tail_is_that_of_the_tables() {
        for (freedom, point) in [(1.0, 3.841_459), (2.0, 5.991_465), (10.0, 18.307_04)] {
            let tail = upper_regularized(freedom / 2.0, point / 2.0);
            assert!((tail - 0.05).abs() < 1e-7, "{freedom}: {tail}");
        }
        assert!((upper_regularized(1.0, 20.0) / (-20.0f64).exp() - 1.0).abs() < 1e-12);
        assert!((upper_regularized(1.0, 0.5) - (-0.5f64).exp()).abs() < 1e-12);
    }
}
