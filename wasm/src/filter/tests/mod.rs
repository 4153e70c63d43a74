//! Rules on packets, with a small namespace around them.
mod classifier;
mod conntrack;
mod nat;
mod patch;
mod rules;
mod sets;
mod world;
