//! Run one kernel once, on made-up input that is the same every time: what `python -m benchmarks.instructions` counts.
//!
//! Without a name it prints one line about the CPU that it sees, and the names that it knows, one per line.

use std::hint::black_box;

use redact_core::{
    Channels, Detection, Fit, Frame, FrameMut, Head, InputSize, Letterbox, Map, Matrix, Orientation, Range, Region,
    Shipping, Style, Target, block_means, decode, digest, redact, residual, suppress,
};

const KERNELS: [(&str, fn()); 13] = [
    ("letterbox-1280x736", || letterbox((1280, 736))),
    ("letterbox-640x384", || letterbox((640, 384))),
    ("letterbox-480x288", || letterbox((480, 288))),
    ("packed-1280x736", || packed((1280, 736))),
    ("packed-640x384", || packed((640, 384))),
    ("fill", || paint(WHOLE, Shipping::Fill(GREY))),
    ("blur", || paint(FACE, Shipping::Blur(GREY))),
    ("mosaic", || paint(FACE, Shipping::Mosaic(GREY, 1))),
    ("residual", || watch(|frame| residual(frame, &[FACE], &[Style::Shipping(Shipping::Blur(GREY))]).unwrap())),
    ("digest", || watch(digest)),
    ("block_means", || watch(block_means)),
    ("decode_head", decoded),
    ("suppress", suppressed),
];

const WIDTH: usize = 1920;
const HEIGHT: usize = 1080;
const GREY: [u8; 3] = [16, 128, 128];
const FACE: Region = Region { left: 400, top: 400, right: 600, bottom: 600 };
const WHOLE: Region = Region { left: 0, top: 0, right: WIDTH, bottom: HEIGHT };
const INPUT: InputSize = InputSize { width: 1280, height: 736 };

fn main() {
    let Some(name) = std::env::args().nth(1) else {
        println!("{}", cpu());
        return KERNELS.iter().for_each(|(name, _)| println!("{name}"));
    };
    let (_, run) = KERNELS.iter().find(|(known, _)| *known == name).expect("the name of a kernel");
    run();
}

/// What of all that decides which code a kernel runs is there: valgrind hides what it cannot count.
fn cpu() -> String {
    #[cfg(target_arch = "x86_64")]
    let known = [
        ("AVX2", is_x86_feature_detected!("avx2")),
        ("AVX-512", is_x86_feature_detected!("avx512f")),
        ("SHA", is_x86_feature_detected!("sha")),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let known: [(&str, bool); 0] = [];
    let seen = known.map(|(name, there)| format!("{} {name}", if there { "with" } else { "without" }));
    [&[std::env::consts::ARCH.to_owned()], &seen[..]].concat().join(" ")
}

/// The part whose instructions are counted, by this function's name.
#[inline(never)]
fn counted<T>(work: impl FnOnce() -> T) -> T {
    black_box(work())
}

fn letterbox((width, height): (usize, usize)) {
    let mut fit = fit((width, height), 1.0 / 255.0);
    let mut target = vec![0.0; 3 * width * height];
    watch(|frame| fit.write_all(std::slice::from_ref(frame), Target::Planes(&mut target)));
}

fn packed((width, height): (usize, usize)) {
    let mut fit = fit((width, height), 1.0);
    let mut target = vec![0; width * height];
    watch(|frame| fit.write_all(std::slice::from_ref(frame), Target::Packed(&mut target)));
}

fn fit(target: (usize, usize), factor: f32) -> Fit {
    let letterbox = Letterbox {
        orientation: Orientation::from_exif(1).unwrap(),
        range: Range::Limited,
        matrix: Matrix::Bt709,
        channels: Channels::Rgb,
        mean: [0.0; 3],
        factor: [factor; 3],
        pad: 0.0,
        crop: None,
    };
    Fit::new(&letterbox, (WIDTH, HEIGHT), target).unwrap()
}

fn watch<T>(kernel: impl FnOnce(&Frame<'_>) -> T) {
    let [luma, blue, red] = planes();
    let frame = Frame::new([&luma, &blue, &red], [WIDTH, WIDTH / 2, WIDTH / 2], WIDTH, HEIGHT).unwrap();
    counted(|| kernel(&frame));
}

fn paint(region: Region, style: Shipping<'_>) {
    let [mut luma, mut blue, mut red] = planes();
    let buffers = [&mut luma[..], &mut blue, &mut red];
    let mut frame = FrameMut::new(buffers, [WIDTH, WIDTH / 2, WIDTH / 2], WIDTH, HEIGHT).unwrap();
    counted(|| redact(&mut frame, &[region], &[Style::Shipping(style)])).unwrap();
}

fn planes() -> [Vec<u8>; 3] {
    [WIDTH * HEIGHT, WIDTH * HEIGHT / 4, WIDTH * HEIGHT / 4].map(|count| noise(count).map(|word| word[0]).collect())
}

/// Random maps of our own head, in which some hundred cells reach the thresholds, and what is made of them.
fn with_maps<T>(kernel: impl FnOnce(&[Map<'_>]) -> T) -> T {
    let shapes: Vec<[usize; 4]> = [8, 16, 32]
        .into_iter()
        .flat_map(|stride| [2, 4].map(|channels| [1, channels, INPUT.height / stride, INPUT.width / stride]))
        .collect();
    let share = |word: [u8; 4]| f32::from(u16::from_be_bytes([word[0], word[1]])) / f32::from(u16::MAX);
    let values: Vec<Vec<f32>> = shapes
        .iter()
        .map(|shape| {
            let power = if shape[1] == 2 { 16 } else { 1 };
            noise(shape.iter().product()).map(|word| share(word).powi(power)).collect()
        })
        .collect();
    let maps: Vec<Map<'_>> = shapes.iter().zip(&values).map(|(shape, values)| Map { shape, values }).collect();
    kernel(&maps)
}

fn boxes(maps: &[Map<'_>]) -> Vec<Detection> {
    decode(Head::Bodycam, maps, INPUT, &[0.7, 0.7]).unwrap().remove(0)
}

fn decoded() {
    with_maps(|maps| counted(|| boxes(maps)));
}

fn suppressed() {
    let found = with_maps(boxes);
    counted(|| suppress(found, 0.45)).unwrap();
}

/// The same words every time (`xorshift32`), as bytes.
fn noise(count: usize) -> impl Iterator<Item = [u8; 4]> {
    let mut state = 1_u32;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_be_bytes()
    })
    .take(count)
}
