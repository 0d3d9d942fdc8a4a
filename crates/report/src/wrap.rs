//! Words broken into the lines of a terminal.

/// Columns of a line.
const WIDTH: usize = 110;

/// Breaks words into lines: the first begins with `first`, the others with as many spaces.
pub fn wrapped(text: &mut String, first: &str, words: &str) {
    let indent = first.chars().count();
    text.push_str(first);
    let mut column = indent;
    for (number, word) in words.split(' ').enumerate() {
        let length = word.chars().count();
        if number > 0 && column + 1 + length > WIDTH {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if number > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
    }
    text.push('\n');
}
