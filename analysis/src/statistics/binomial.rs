//! Exact tails of the binomial distribution, in logarithms, so that the smallest still has digits.

use super::gamma::ln_gamma;

/// The logarithm of the chance that of `n` draws with chance `p` each at least `k` hit. Minus
/// infinity is a chance of 0. A `p` outside 0 to 1 counts as the nearer of the two.
pub fn ln_upper_tail(n: u64, p: f64, k: u64) -> f64 {
    let p = if p.is_nan() { 0.0 } else { p.clamp(0.0, 1.0) };
    if k == 0 || (p >= 1.0 && k <= n) {
        return 0.0;
    }
    if k > n || p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    let odds = (p / (1.0 - p)).ln();
    let first = ln_probability(n, p, k);
    // The terms relative to the first: each is the one before times (n-i)/(i+1) times the odds.
    let (mut term, mut sum) = (0.0f64, 1.0f64);
    for hits in k..n {
        term += ((n - hits) as f64 / (hits + 1) as f64).ln() + odds;
        sum += term.exp();
        let shrinks = (hits as f64) > n as f64 * p;
        if shrinks && term.exp() < sum * 1e-17 {
            break;
        }
    }
    (first + sum.ln()).min(0.0)
}

fn ln_probability(n: u64, p: f64, k: u64) -> f64 {
    let ln_factorial = |n: u64| ln_gamma(n as f64 + 1.0);
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
        + k as f64 * p.ln()
        + (n - k) as f64 * (-p).ln_1p()
}

/// The chance that of `n` draws with chance `p` each the number of hits lies as far out as `k`:
/// twice the smaller tail, at most 1.
pub fn two_sided_p(n: u64, p: f64, k: u64) -> f64 {
    let above = ln_upper_tail(n, p, k);
    let below = ln_upper_tail(n, 1.0 - p, n.saturating_sub(k));
    (2.0 * above.min(below).exp()).min(1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By adding up Pascal's triangle.
    fn counted_tail(n: u32, p: f64, k: u32) -> f64 {
        let mut chances = vec![1.0];
        for _ in 0..n {
            let mut next = vec![0.0; chances.len() + 1];
            for (hits, chance) in chances.iter().enumerate() {
                next[hits] += chance * (1.0 - p);
                next[hits + 1] += chance * p;
            }
            chances = next;
        }
        chances.iter().skip(k as usize).sum()
    }

    proptest! {
        #[test]
        fn the_tail_is_what_pascals_triangle_adds_up_to(n in 1u32..60, k in 0u32..62, p in 0.01f64..0.99) {
            let tail = ln_upper_tail(n.into(), p, k.into()).exp();
            let counted = counted_tail(n, p, k);
            prop_assert!((tail - counted).abs() < 1e-10 * counted.max(1e-4), "{tail} {counted}");
        }
    }

    #[test]
    fn a_tail_far_below_what_a_float_holds_has_a_logarithm() {
        // 10,000 hits of 10,000 at a chance of a half.
        let exact = 10_000.0 * 0.5f64.ln();
        assert!((ln_upper_tail(10_000, 0.5, 10_000) / exact - 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_cannot_be_has_no_chance_and_what_must_be_all() {
        assert!(ln_upper_tail(10, 0.5, 11).exp() <= 0.0);
        assert!(ln_upper_tail(10, 0.0, 1).exp() <= 0.0);
        assert!(ln_upper_tail(10, 1.0, 10).exp() >= 1.0);
        assert!(ln_upper_tail(0, 0.5, 0).exp() >= 1.0);
        assert!((two_sided_p(4, 0.5, 4) - 0.125).abs() < 1e-12);
        assert!((two_sided_p(4, 0.5, 2) - 1.0).abs() < 1e-12);
    }
}
