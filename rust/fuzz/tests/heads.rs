//! What a network says is a stranger's word: it is refused, or becomes boxes that are numbers.

use redact_core::{Head, InputSize, Map, decode, suppress};

const INPUT: InputSize = InputSize { width: 32, height: 32 };

type Said = (u8, Vec<(Vec<u8>, Vec<f32>)>, Vec<f32>);

#[test]
fn strange_outputs_become_no_boxes_or_boxes_that_are_numbers() {
    bolero::check!().with_type::<Said>().for_each(|(head, maps, thresholds)| {
        let shapes: Vec<Vec<usize>> =
            maps.iter().map(|(s, _)| s.iter().map(|&side| usize::from(side)).collect()).collect();
        let outputs: Vec<Map<'_>> = shapes.iter().zip(maps).map(|(shape, (_, values))| Map { shape, values }).collect();
        checked(Head::ALL[usize::from(*head) % Head::ALL.len()].1, &outputs, thresholds);
    });
}

#[test]
fn strange_numbers_in_maps_of_the_right_shape_do_neither() {
    let shapes: Vec<Vec<usize>> = [1, 1, 2, 2].iter().map(|&planes| vec![1, planes, 8, 8]).collect();
    bolero::check!().with_type::<Vec<f32>>().for_each(|numbers| {
        let filled: Vec<Vec<f32>> = shapes
            .iter()
            .map(|shape| numbers.iter().chain(&[0.5]).copied().cycle().take(shape.iter().product()).collect())
            .collect();
        let outputs: Vec<Map<'_>> =
            [0, 2, 3].iter().map(|&at| Map { shape: &shapes[at], values: &filled[at] }).collect();
        checked(Head::CenterFace, &outputs, &[0.3]);
    });
}

fn checked(head: Head, outputs: &[Map<'_>], thresholds: &[f32]) {
    let Ok(boxes) = decode(head, outputs, INPUT, thresholds) else { return };
    for found in boxes {
        assert!(found.iter().all(redact_core::Detection::is_finite));
        suppress(found, 0.5).expect("numbers");
    }
}
