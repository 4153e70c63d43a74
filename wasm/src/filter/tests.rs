//! Rules on packets, with a small namespace around them.
