"""Start a network from an earlier export of ours, whose batch norms were folded into its convolutions.

The earlier network may be shallower: blocks it lacks start as the identity (their last batch norm scales by zero), so
training begins exactly where the earlier one ended.
"""

from __future__ import annotations

import re
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from research.training.model import STRIDES, Network, Separable


def _folded(path: Path) -> tuple[list[tuple[Tensor, Tensor]], dict[str, Tensor]]:
    """Weights and biases of the folded convolutions in the order they run, and the heads' tensors by name."""
    graph = onnx.load(str(path)).graph
    tensors = {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in graph.initializer}
    names = [n.input[1:3] for n in graph.node if n.op_type == "Conv"]
    body = [(tensors[w], tensors[b]) for w, b in names if not w.endswith(".weight")]
    return body, {
        re.sub(r"^net(work)?\.", "", name): t for name, t in tensors.items() if name.endswith((".weight", ".bias"))
    }


def _pairs(block: nn.Module) -> list[nn.Sequential]:
    if isinstance(block, Separable):
        return [block.depthwise, block.pointwise]
    return [block] if isinstance(block, nn.Sequential) and isinstance(block[0], nn.Conv2d) else []


def _order(network: Network, depth: tuple[int, ...], tower: int) -> tuple[list[nn.Sequential], list[Separable]]:
    """Convolution-and-norm pairs the earlier network has, in the order they run, and the blocks it lacks."""
    kept: list[nn.Sequential] = [network.stem]
    extra: list[Separable] = []
    for stage, blocks in zip(network.stages, depth, strict=True):
        kept += [pair for block in stage[:blocks] for pair in _pairs(block)]
        extra += stage[blocks:]
    for level in reversed(range(len(STRIDES))):
        kept += [network.lateral[level], *_pairs(network.merge[level])]
        kept += [pair for block in network.tower[level][:tower] for pair in _pairs(block)]
        extra += network.tower[level][tower:]
    return kept, extra


@torch.no_grad()
def start_from(network: Network, path: Path, pictures: Tensor, depth: tuple[int, ...], tower: int) -> None:
    """Copy an export with ``depth`` blocks a stage and ``tower`` blocks a head into ``network``.

    ``pictures`` (``[n, 3, H, W]``, 0..1) serve to give each batch norm the statistics it would have had: its scale and
    shift are then set so that the network computes exactly what the export did.
    """
    body, heads = _folded(path)
    kept, extra = _order(network, depth, tower)
    if len(body) != len(kept):
        raise ValueError(f"{path} has {len(body)} convolutions, the network has room for {len(kept)}: other depths?")
    hooks = []
    for (weight, bias), (conv, norm) in zip(body, kept, strict=True):
        conv.weight.copy_(weight)

        def fit(norm: nn.Module, inputs: tuple[Tensor, ...], bias: Tensor = bias) -> None:
            variance, mean = torch.var_mean(inputs[0], (0, 2, 3), correction=0)
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(variance)
            norm.weight.copy_((variance + norm.eps).sqrt())
            norm.bias.copy_(bias + mean)

        hooks.append(norm.register_forward_pre_hook(fit))
    for block in extra:
        block.pointwise[1].weight.zero_()
    for level in range(len(STRIDES)):
        for ours, theirs in ((network.score[level], "cls"), (network.box[level], "box")):
            name = theirs if f"{theirs}.{level}.weight" in heads else {"cls": "score"}.get(theirs, theirs)
            ours.weight.copy_(heads[f"{name}.{level}.weight"])
            ours.bias.copy_(heads[f"{name}.{level}.bias"])
    network.eval()
    network(pictures)
    for hook in hooks:
        hook.remove()
    network.train()
