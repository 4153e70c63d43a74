//! Sends datagrams by the kernel of this machine, as fast as one core can (sendmmsg), and says how long one took, in nanoseconds:
//! the median of all calls, which other work on the core hardly moves.
//!
//! ```text
//!   serve PORT ANSWERS                     answers so many datagrams, then reads no more
//!   established ADDRESS PORT FLOWS MS      that many connected sockets, answered once each; then packets of all for so long
//!   newflow SERVICES FLOWS                 each socket sends one to every Service, 10.96.0.0 + number, port 80, until so many are sent
//! ```
use std::ffi::c_void;
use std::net::{SocketAddrV4, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

/// struct sockaddr_in
#[repr(C)]
#[derive(Clone, Copy)]
struct Address {
    family: u16,
    port: [u8; 2],
    ip: [u8; 4],
    zero: [u8; 8],
}

/// struct iovec
#[repr(C)]
#[derive(Clone, Copy)]
struct Piece {
    base: *const c_void,
    len: usize,
}

/// struct msghdr
#[repr(C)]
#[derive(Clone, Copy)]
struct Header {
    name: *const Address,
    name_len: u32,
    pieces: *const Piece,
    piece_count: usize,
    control: *const c_void,
    control_len: usize,
    flags: i32,
}

/// struct mmsghdr
#[repr(C)]
#[derive(Clone, Copy)]
struct Message {
    header: Header,
    sent: u32,
}

extern "C" {
    fn sendmmsg(socket: i32, messages: *mut Message, count: u32, flags: i32) -> i32;
}

/// Bytes of the datagrams, in turn: most packets are short, most bytes in long ones.
const LENGTHS: [usize; 8] = [12, 60, 120, 12, 500, 1000, 1400, 12];
static BYTES: [u8; 1400] = [0; 1400];
/// Messages of one call.
const CALL: usize = 64;

fn pieces() -> Vec<Piece> {
    (0..CALL).map(|n| Piece { base: BYTES.as_ptr().cast(), len: LENGTHS[n % LENGTHS.len()] }).collect()
}

fn message(to: Option<&Address>, piece: &Piece) -> Message {
    let (name, name_len) = to.map_or((std::ptr::null(), 0), |to| (std::ptr::from_ref(to), size_of::<Address>() as u32));
    let control = std::ptr::null();
    let header = Header { name, name_len, pieces: piece, piece_count: 1, control, control_len: 0, flags: 0 };
    Message { header, sent: 0 }
}

/// Sends the messages of one call; nanoseconds for one.
fn send(socket: &UdpSocket, messages: &mut [Message]) -> f64 {
    let start = Instant::now();
    let mut done = 0;
    while done < messages.len() {
        let rest = &mut messages[done..];
        // SAFETY: the messages point to addresses and pieces that outlive the call.
        let sent = unsafe { sendmmsg(socket.as_raw_fd(), rest.as_mut_ptr(), rest.len() as u32, 0) };
        assert!(sent > 0, "sendmmsg: {}", std::io::Error::last_os_error());
        done += sent as usize;
    }
    start.elapsed().as_nanos() as f64 / messages.len() as f64
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn serve(port: u16, answers: u32) {
    let socket = UdpSocket::bind(("0.0.0.0", port)).expect("a port");
    let mut bytes = [0; 2048];
    for _ in 0..answers {
        let (length, from) = socket.recv_from(&mut bytes).expect("a datagram");
        socket.send_to(&bytes[..length], from).expect("an answer");
    }
    std::thread::sleep(Duration::from_secs(600));
}

fn established(to: SocketAddrV4, flows: usize, time: Duration) -> f64 {
    let sockets: Vec<UdpSocket> = (0..flows)
        .map(|_| {
            let socket = UdpSocket::bind("0.0.0.0:0").expect("a socket");
            socket.connect(to).expect("a route");
            socket.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
            socket.send(&[1]).expect("sent");
            socket.recv(&mut [0; 16]).expect("an answer");
            socket
        })
        .collect();
    let pieces = pieces();
    let mut messages: Vec<Message> = pieces.iter().map(|piece| message(None, piece)).collect();
    let (start, mut times) = (Instant::now(), Vec::new());
    while start.elapsed() < time {
        times.extend(sockets.iter().map(|socket| send(socket, &mut messages)));
    }
    median(times)
}

fn newflow(services: u32, flows: u32) -> f64 {
    let address =
        |n: u32| Address { family: 2, port: 80u16.to_be_bytes(), ip: (0x0a60_0000 + n).to_be_bytes(), zero: [0; 8] };
    let addresses: Vec<Address> = (0..services).map(address).collect();
    let piece = Piece { base: BYTES.as_ptr().cast(), len: 12 };
    let mut messages: Vec<Message> = addresses.iter().map(|to| message(Some(to), &piece)).collect();
    let (mut times, mut sent) = (Vec::new(), 0);
    while sent < flows {
        let wanted = ((flows - sent) / services).clamp(1, 256);
        let sockets: Vec<UdpSocket> = (0..wanted).map(|_| UdpSocket::bind("0.0.0.0:0").expect("a socket")).collect();
        for socket in &sockets {
            times.extend(messages.chunks_mut(CALL).map(|call| send(socket, call)));
            sent += services;
        }
    }
    median(times)
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let number = |word: &str| word.parse::<u32>().expect("a number");
    let took = match words[..] {
        ["serve", port, answers] => return serve(number(port) as u16, number(answers)),
        ["established", ip, port, flows, ms] => {
            let to = SocketAddrV4::new(ip.parse().expect("an address"), number(port) as u16);
            established(to, number(flows) as usize, Duration::from_millis(number(ms).into()))
        }
        ["newflow", services, flows] => newflow(number(services), number(flows)),
        _ => panic!("expected serve, established or newflow"),
    };
    println!("{took}");
}
