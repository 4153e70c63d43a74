//! Two ends and a wire between them that can lose segments.
use super::*;

/// A client and a server block; `wire` moves segments until both are silent.
struct Pair {
    a: Tcb,
    b: Tcb,
    now: u64,
    /// Which segments to lose, counted over all that were sent.
    lose: Vec<usize>,
    sent: usize,
}

fn with_bytes(from: &Tcb, segments: &[Segment]) -> Vec<(Segment, Vec<u8>)> {
    segments.iter().map(|s| (*s, from.data(s).collect())).collect()
}

impl Pair {
    fn connected() -> Pair {
        let mut out = Vec::new();
        let a = Tcb::connect(1000, 1460, 0, &mut out);
        let mut answer = Vec::new();
        let b = Tcb::accept(5_000_000, 1460, &out[0], 0, &mut answer);
        let mut pair = Pair { a, b, now: 0, lose: vec![], sent: 0 };
        pair.exchange(vec![], answer);
        assert_eq!((pair.a.state, pair.b.state), (State::Established, State::Established));
        pair
    }
    fn exchange(&mut self, to_b: Vec<Segment>, to_a: Vec<Segment>) {
        let mut to_b = with_bytes(&self.a, &to_b);
        let mut to_a = with_bytes(&self.b, &to_a);
        while !to_a.is_empty() || !to_b.is_empty() {
            let (mut from_a, mut from_b) = (Vec::new(), Vec::new());
            for (segment, bytes) in std::mem::take(&mut to_b) {
                if !self.lost() {
                    let mut out = Vec::new();
                    self.b.segment(&segment, &bytes, self.now, &mut out);
                    from_b.extend(with_bytes(&self.b, &out));
                }
            }
            for (segment, bytes) in std::mem::take(&mut to_a) {
                if !self.lost() {
                    let mut out = Vec::new();
                    self.a.segment(&segment, &bytes, self.now, &mut out);
                    from_a.extend(with_bytes(&self.a, &out));
                }
            }
            (to_b, to_a) = (from_a, from_b);
        }
    }
    fn lost(&mut self) -> bool {
        self.sent += 1;
        self.lose.contains(&self.sent)
    }
    fn write(&mut self, bytes: &[u8]) {
        let mut out = Vec::new();
        assert_eq!(self.a.write(bytes, self.now, &mut out), bytes.len());
        self.exchange(out, vec![]);
    }
    fn read_b(&mut self) -> Vec<u8> {
        let (mut got, mut out) = (Vec::new(), Vec::new());
        self.b.read(usize::MAX, &mut got, self.now, &mut out);
        self.exchange(vec![], out);
        got
    }
    fn tick(&mut self) {
        let next = [self.a.next_timer(), self.b.next_timer()].into_iter().flatten().min();
        self.now = next.expect("a timer is armed");
        let (mut from_a, mut from_b) = (Vec::new(), Vec::new());
        self.a.timer(self.now, &mut from_a);
        self.b.timer(self.now, &mut from_b);
        self.exchange(from_a, from_b);
    }
}

#[test]
fn bytes_written_are_read_in_order() {
    let mut pair = Pair::connected();
    let text: Vec<u8> = (0..40_000u32).map(|i| i as u8).collect();
    pair.write(&text);
    assert_eq!(pair.read_b(), text);
    assert_eq!(pair.a.send_queue(), 0);
}

#[test]
fn a_lost_segment_is_sent_again_after_the_timeout() {
    let mut pair = Pair::connected();
    pair.lose = vec![pair.sent + 1];
    pair.write(b"hello");
    assert_eq!(pair.read_b(), b"");
    pair.tick();
    assert_eq!(pair.read_b(), b"hello");
    assert!(pair.now >= RTO_MIN);
}

#[test]
fn a_hole_is_filled_by_fast_retransmit() {
    let mut pair = Pair::connected();
    pair.lose = vec![pair.sent + 1];
    let text = vec![7; 14_000];
    pair.write(&text);
    assert_eq!(pair.read_b(), text, "without waiting");
    assert_eq!(pair.now, 0);
}

#[test]
fn both_close_and_the_first_waits() {
    let mut pair = Pair::connected();
    let mut out = Vec::new();
    pair.a.close(0, &mut out);
    pair.exchange(out, vec![]);
    assert_eq!((pair.a.state, pair.b.state), (State::FinWait2, State::CloseWait));
    assert!(pair.b.eof());
    let mut out = Vec::new();
    pair.b.close(0, &mut out);
    pair.exchange(vec![], out);
    assert_eq!((pair.a.state, pair.b.state), (State::TimeWait, State::Closed));
    pair.tick();
    assert_eq!((pair.a.state, pair.now), (State::Closed, TIME_WAIT));
}

#[test]
fn half_closed_still_receives() {
    let mut pair = Pair::connected();
    let mut out = Vec::new();
    pair.b.shutdown(0, &mut out);
    pair.exchange(vec![], out);
    assert_eq!(pair.a.state, State::CloseWait);
    pair.write(b"late words");
    assert_eq!(pair.read_b(), b"late words");
}

#[test]
fn data_and_fin_lost_together_come_again() {
    let mut pair = Pair::connected();
    pair.lose = vec![pair.sent + 1, pair.sent + 2];
    pair.write(b"bye");
    let mut out = Vec::new();
    pair.a.shutdown(pair.now, &mut out);
    pair.exchange(out, vec![]);
    for _ in 0..4 {
        if pair.b.state == State::Established {
            pair.tick();
        }
    }
    assert_eq!(pair.read_b(), b"bye");
    assert_eq!((pair.a.state, pair.b.state), (State::FinWait2, State::CloseWait));
}

#[test]
fn a_syn_without_answer_is_repeated_at_1_3_7_15_31_63_seconds_and_given_up_at_127() {
    let mut out = Vec::new();
    let mut tcb = Tcb::connect(1, 1460, 0, &mut out);
    let mut times = Vec::new();
    while let Some(at) = tcb.next_timer() {
        out.clear();
        tcb.timer(at, &mut out);
        times.push(at / SECOND);
    }
    assert_eq!(times, [1, 3, 7, 15, 31, 63, 127]);
    assert_eq!((tcb.state, tcb.error), (State::Closed, ETIMEDOUT));
}

#[test]
fn a_reset_in_answer_to_syn_is_connection_refused() {
    let mut out = Vec::new();
    let mut tcb = Tcb::connect(1, 1460, 0, &mut out);
    let reset = out[0].reset_for().unwrap();
    assert_eq!((reset.flags, reset.seq, reset.ack), (RST | ACK, 0, 2));
    tcb.segment(&reset, &[], 0, &mut Vec::new());
    assert_eq!((tcb.state, tcb.error), (State::Closed, ECONNREFUSED));
}

#[test]
fn a_reset_outside_the_window_is_ignored_and_one_beside_the_edge_is_challenged() {
    let mut pair = Pair::connected();
    let mut out = Vec::new();
    let far = Segment { flags: RST, seq: pair.b.rcv_nxt.wrapping_sub(100_000), ..Segment::default() };
    pair.b.segment(&far, &[], 0, &mut out);
    assert!(out.is_empty() && pair.b.state == State::Established);
    let near = Segment { flags: RST, seq: pair.b.rcv_nxt.wrapping_add(10), ..Segment::default() };
    pair.b.segment(&near, &[], 0, &mut out);
    assert!(out.len() == 1 && pair.b.state == State::Established);
}

#[test]
fn a_full_receiver_closes_the_window_and_opens_it_again() {
    let mut pair = Pair::connected();
    let text: Vec<u8> = (0..200_000u32).map(|i| (i >> 3) as u8).collect();
    pair.write(&text);
    let mut got = Vec::new();
    for _ in 0..200 {
        got.extend(pair.read_b());
        if got.len() == text.len() {
            break;
        }
        if pair.a.next_timer().is_some() {
            pair.tick();
        }
    }
    assert_eq!(got.len(), text.len());
    assert!(got == text);
}
