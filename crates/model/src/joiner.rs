//! Joiners: U+200C and U+200D, which Persian, Urdu and the scripts of India and Sri Lanka are written with. They have no width of their own, and
//! where their neighbours do not join, nobody sees them.
//!
//! <https://www.unicode.org/reports/tr31/#Layout_and_Format_Control_Characters>, rules A1, A2 and B, in the blocks Arabic and Devanagari to Sinhala
//! (<https://www.unicode.org/Public/UCD/latest/ucd/ArabicShaping.txt>, `IndicSyllabicCategory.txt`).

/// Whether a joiner stands where it is seen by what it does to the letters beside it.
pub fn is_seen(before: &str, joiner: char, after: &str) -> bool {
    match joiner {
        '\u{200c}' => parts_arabic(before, after) || parts_indic(before, after),
        '\u{200d}' => joins_indic(before, after),
        _ => false,
    }
}

/// A1: two letters that would join.
fn parts_arabic(before: &str, after: &str) -> bool {
    let left = before.chars().rev().find(|c| !is_arabic_mark(*c));
    let right = after.chars().find(|c| !is_arabic_mark(*c));
    left.is_some_and(joins_both_sides) && right.is_some_and(|c| joins_both_sides(c) || joins_what_is_before(c))
}

/// A2: a consonant, whose virama shows, and the letter that would go together with it.
fn parts_indic(before: &str, after: &str) -> bool {
    let Some(block) = of_virama(before) else { return false };
    after.chars().next().is_some_and(|c| block_of(c) == Some(block) && c.is_alphabetic() && !is_vowel_sign(c))
}

/// B: a consonant with a virama, in its form before a letter, and no vowel of its own behind it.
fn joins_indic(before: &str, after: &str) -> bool {
    of_virama(before).is_some() && !after.chars().next().is_some_and(is_vowel_sign)
}

/// The block of a consonant with a virama at the end of a text.
fn of_virama(text: &str) -> Option<u32> {
    let mut back = text.chars().rev();
    let block = back.next().filter(|c| is_virama(*c)).and_then(block_of)?;
    let consonant = back.find(|c| !is_nukta(*c))?;
    (block_of(consonant) == Some(block) && consonant.is_alphabetic() && !is_vowel_sign(consonant)).then_some(block)
}

/// Joining type D of the block Arabic.
fn joins_both_sides(c: char) -> bool {
    matches!(c, '\u{620}' | '\u{626}' | '\u{628}' | '\u{62a}'..='\u{62e}' | '\u{633}'..='\u{63f}' | '\u{641}'..='\u{647}' | '\u{649}'..='\u{64a}'
        | '\u{66e}'..='\u{66f}' | '\u{678}'..='\u{687}' | '\u{69a}'..='\u{6bf}' | '\u{6c1}'..='\u{6c2}' | '\u{6cc}' | '\u{6ce}'
        | '\u{6d0}'..='\u{6d1}' | '\u{6fa}'..='\u{6fc}' | '\u{6ff}')
}

/// Joining type R of that block.
fn joins_what_is_before(c: char) -> bool {
    matches!(c, '\u{622}'..='\u{625}' | '\u{627}' | '\u{629}' | '\u{62f}'..='\u{632}' | '\u{648}' | '\u{671}'..='\u{673}' | '\u{675}'..='\u{677}'
        | '\u{688}'..='\u{699}' | '\u{6c0}' | '\u{6c3}'..='\u{6cb}' | '\u{6cd}' | '\u{6cf}' | '\u{6d2}'..='\u{6d3}' | '\u{6d5}'
        | '\u{6ee}'..='\u{6ef}')
}

/// Joining type T of that block, without U+061C, which turns the direction of writing.
fn is_arabic_mark(c: char) -> bool {
    matches!(c, '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e4}' | '\u{6e7}'..='\u{6e8}'
        | '\u{6ea}'..='\u{6ed}')
}

/// Of a character of Devanagari to Sinhala, the first one of its block.
fn block_of(c: char) -> Option<u32> {
    matches!(c, '\u{900}'..='\u{dff}').then_some(u32::from(c) & !0x7f)
}

fn is_virama(c: char) -> bool {
    matches!((block_of(c), u32::from(c) & 0x7f), (Some(0x900..=0xd00), 0x4d) | (Some(0xd80), 0x4a))
}

fn is_nukta(c: char) -> bool {
    matches!(c, '\u{93c}' | '\u{9bc}' | '\u{a3c}' | '\u{abc}' | '\u{b3c}' | '\u{c3c}' | '\u{cbc}')
}

/// Dependent vowels. The blocks are laid out alike, but for the last one; what one of them has elsewhere is not refused for it.
fn is_vowel_sign(c: char) -> bool {
    match (block_of(c), u32::from(c) & 0x7f) {
        (Some(0xd80), at) => matches!(at, 0x4f..=0x5f | 0x72..=0x73),
        (Some(_), at) => {
            matches!(at, 0x3e..=0x4c | 0x55..=0x57 | 0x62..=0x63)
                || matches!(c, '\u{93a}'..='\u{93b}' | '\u{94e}'..='\u{94f}')
        }
        (None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_with_joiners() {
        for (before, joiner, after) in [
            // Persian: mi-khaham, khane-i, ketab-ha, with a mark between.
            ("می", '\u{200c}', "خواهم"),
            ("خانه", '\u{200c}', "ای"),
            ("کتاب", '\u{200c}', "ها"),
            ("خانه\u{654}", '\u{200c}', "ای"),
            // Hindi, Bengali (with a nukta, and a khanda ta of old texts), Malayalam, Sinhala: Sri.
            ("क\u{94d}", '\u{200c}', "ष"),
            ("क\u{94d}", '\u{200d}', "ष"),
            ("য\u{9bc}\u{9cd}", '\u{200d}', "ত"),
            ("ত\u{9cd}", '\u{200d}', " "),
            ("ന\u{d4d}", '\u{200d}', ""),
            ("ශ\u{dca}", '\u{200d}', "රී"),
        ] {
            assert!(is_seen(before, joiner, after), "{before:?} {joiner:?} {after:?}");
        }
    }

    #[test]
    fn what_nobody_sees() {
        for (before, joiner, after) in [
            ("al", '\u{200c}', "ice"),
            ("al", '\u{200d}', "ice"),
            ("", '\u{200c}', "خ"),
            ("می", '\u{200c}', ""),
            ("می", '\u{200c}', " خ"),
            // The first does not join the second anyway.
            ("کار", '\u{200c}', "ها"),
            ("می\u{200c}", '\u{200c}', "خ"),
            ("می\u{61c}", '\u{200c}', "خ"),
            ("می", '\u{200c}', "a"),
            // Nothing of Arabic needs it inside a word.
            ("می", '\u{200d}', "خ"),
            // No virama; one of another script; one without a consonant.
            ("क", '\u{200d}', "ष"),
            ("क\u{94d}", '\u{200c}', ""),
            ("क\u{94d}", '\u{200c}', "a"),
            ("क\u{94d}", '\u{200c}', "\u{93f}"),
            ("क\u{94d}", '\u{200d}', "\u{93f}"),
            ("क\u{94d}\u{200d}", '\u{200d}', "ष"),
            ("a\u{94d}", '\u{200d}', "ष"),
            ("\u{94d}", '\u{200d}', "ष"),
            // Other characters are none.
            ("می", '\u{200b}', "خ"),
            ("می", '\u{200e}', "خ"),
        ] {
            assert!(!is_seen(before, joiner, after), "{before:?} {joiner:?} {after:?}");
        }
    }
}
