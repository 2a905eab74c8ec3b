"""Train the detector; every number that decides the result is an argument, and a run can be killed and resumed.

    python -m research.training.train WORK --until 06:30                     # CPU, learning rate ends with the clock
    python -m research.training.train WORK --steps 60000 --device cuda --batch 128 --workers 14

Set ``OMP_WAIT_POLICY=passive`` on a shared machine: spinning threads starve each other (2-4 crops/s instead of 40).
A processor trains in float32: a bfloat16 gradient of a depthwise convolution of stride 2 takes ten times as long there.
"""

from __future__ import annotations

import argparse
import copy
import ctypes
import math
import os
import signal
import time
from datetime import datetime, timedelta
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from research.training.data import Crops, sets_in
from research.training.losses import Losses, loss_of
from research.training.model import Network
from research.training.warm import start_from

WARM_UP = 200  # steps until the learning rate is reached
FLOOR = 0.01  # share of the learning rate left at the very end
CALIBRATION = 48  # crops that give the batch norms of an earlier export their statistics
LARGEST_GRADIENT = 10.0
EMA_STEPS = 500  # the average that is exported looks back about this far
MALLOC_TRIM_THRESHOLD, MALLOC_MMAP_MAX = -1, -4  # mallopt(3)


def keep_memory() -> None:
    """Tell glibc to keep what is freed: by default every large tensor is mapped, zeroed and unmapped in every step,
    which takes half of the time of a forward pass. Nothing happens with another allocator.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(MALLOC_MMAP_MAX, 0)
        mallopt(MALLOC_TRIM_THRESHOLD, -1)


class Clock:
    """How much of the run is done, 0 to 1, by steps or by a time of day.

    By time of day, each step moves the schedule by its share of the time that is left, so that it ends on time whatever
    else the machine does; a pause (a stopped process) counts for no more than a few steps.
    """

    def __init__(self, steps: int, until: str, done: float) -> None:
        self.steps, self.done, self.usual = steps, done, 0.0
        self.end = 0.0
        if until:
            hour, minute = map(int, until.split(":"))
            end = datetime.now().replace(hour=hour, minute=minute, second=0, microsecond=0)
            self.end = (end if end > datetime.now() else end + timedelta(days=1)).timestamp()
        self.last = time.time()

    def tick(self, step: int) -> float:
        now = time.time()
        took, self.last = now - self.last, now
        if not self.end:
            self.done = step / self.steps
            return self.done
        took = min(took, 3 * self.usual) if self.usual else min(took, 5.0)
        self.usual = 0.95 * self.usual + 0.05 * took if self.usual else took
        left = self.end - now
        self.done = 1.0 if left <= took else self.done + (1 - self.done) * took / left
        return self.done


def optimiser(network: Network, rate: float) -> torch.optim.AdamW:
    """AdamW that leaves biases and batch norms out of the weight decay."""
    matrices = [p for p in network.parameters() if p.ndim > 1]
    vectors = [p for p in network.parameters() if p.ndim <= 1]
    return torch.optim.AdamW([{"params": matrices, "weight_decay": 0.02}, {"params": vectors, "weight_decay": 0}], rate)


@torch.no_grad()
def follow(average: Network, network: Network, step: int) -> None:
    """Move the exponential average, faster while the run is young."""
    keep = min(1 - 1 / EMA_STEPS, step / (step + 30))
    for mean, value in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if mean.dtype.is_floating_point:
            mean.lerp_(value, 1 - keep)
        else:
            mean.copy_(value)


class Run:
    """One training run: what a checkpoint holds, and one step of it."""

    def __init__(self, a: argparse.Namespace) -> None:
        self.arguments, self.checkpoint = a, a.work / "last.pt"
        self.step, self.crops, self.done = 0, 0, 0.0
        self.sets, self.start = sets_in(a.work), a.start.stem if a.start else ""
        network = Network()
        state = torch.load(self.checkpoint, map_location="cpu") if self.checkpoint.exists() else None
        if state is None and a.start:
            pictures = next(iter(Crops(a.work, CALIBRATION, a.size, a.seed + 7)))[0].float() / 255
            start_from(network, a.start, pictures, tuple(a.start_depth), a.start_tower)
        self.network = network.to(a.device, memory_format=torch.channels_last).train()
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.adam = optimiser(self.network, a.rate)
        if state:
            self.network.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            self.adam.load_state_dict(state["optimiser"])
            self.step, self.crops, self.done = state["step"], state["crops"], state["done"]
            self.start = state["start"]
        self.warm_from = self.step if state is None or a.rewarm else -WARM_UP
        self.forward = torch.compile(self.network) if a.compile else self.network

    def save(self) -> None:
        """Replace the checkpoint in one step, so that a killed run leaves the last whole one."""
        partial = self.checkpoint.with_suffix(".partial")
        state = {
            "network": self.network.state_dict(), "average": self.average.state_dict(),
            "optimiser": self.adam.state_dict(), "step": self.step, "crops": self.crops, "done": self.done,
            "sets": self.sets, "start": self.start,
            "arguments": {name: str(value) for name, value in vars(self.arguments).items()},
        }  # fmt: skip
        torch.save(state, partial)
        partial.replace(self.checkpoint)

    def rate(self) -> float:
        """Learning rate: a linear warm-up, then a cosine to nearly nothing at the end of the run."""
        warm = min(1.0, (self.step - self.warm_from + 1) / WARM_UP)
        rate: float = self.arguments.rate
        return rate * warm * (FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * self.done)))

    def learn(self, raw: Tensor, objects: Tensor, ignored: Tensor) -> Losses:
        """One step on one batch, see data.Crops for what it holds."""
        device = self.arguments.device
        for group in self.adam.param_groups:
            group["lr"] = self.rate()
        pictures = raw.to(device, non_blocking=True).to(memory_format=torch.channels_last).float().div_(255)
        with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=device != "cpu"):
            maps = self.forward(pictures)
        losses = loss_of(maps, objects.to(device), ignored.to(device))
        self.adam.zero_grad(set_to_none=True)
        losses.total.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), LARGEST_GRADIENT)
        self.adam.step()
        self.step, self.crops = self.step + 1, self.crops + len(raw)
        follow(self.average, self.network, self.step)
        return losses


def train(a: argparse.Namespace) -> None:
    torch.manual_seed(a.seed)
    keep_memory()
    if a.device == "cpu":
        torch.set_num_threads(a.threads)
    run = Run(a)
    # the step is part of the seed: a resumed run sees new crops, not the ones it began with
    crops = Crops(a.work, a.batch, a.size, a.seed + run.step)
    loader = DataLoader(
        crops,
        batch_size=None,
        num_workers=a.workers,
        prefetch_factor=4 if a.workers else None,
        pin_memory=a.device != "cpu",
    )
    stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stop.append(number))
    clock, begun, first, recent = Clock(a.steps, a.until, run.done), time.time(), run.crops, []
    for raw, objects, ignored in loader:
        run.done = clock.tick(run.step)
        if run.done >= 1 or stop:
            break
        losses = run.learn(raw, objects, ignored)
        recent.append([losses.total.item(), *losses[1:]])
        if run.step % a.log == 0:
            total, score, box, cells, iou = (sum(column) / len(recent) for column in zip(*recent, strict=True))
            speed = (run.crops - first) / (time.time() - begun)
            print(
                f"{datetime.now():%H:%M:%S} step {run.step} crops {run.crops} done {run.done:.3f} loss {total:.3f} "
                f"score {score:.3f} box {box:.3f} cells {cells:.0f} iou {iou:.3f} "
                f"rate {run.rate():.5f} crops/s {speed:.1f}",
                flush=True,
            )
            recent.clear()
        if run.step % a.save == 0:
            run.save()
    run.save()
    print("stopped" if stop else "finished", "after", run.step, "steps and", run.crops, "crops", flush=True)


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("work", type=Path, help="folder with the cache; last.pt is kept (and resumed from) here")
    length = cli.add_mutually_exclusive_group(required=True)
    length.add_argument("--steps", type=int, default=0)
    length.add_argument("--until", default="", help="HH:MM, local time; may be changed when resuming, as may --steps")
    cli.add_argument("--device", default="cpu")
    cli.add_argument("--threads", type=int, default=2)
    cli.add_argument("--workers", type=int, default=1)
    cli.add_argument("--batch", type=int, default=16)
    cli.add_argument("--size", type=int, default=320, help="side of a crop in pixels")
    cli.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    cli.add_argument("--seed", type=int, default=0)
    cli.add_argument("--start", type=Path, help="earlier ONNX export of ours to start from")
    cli.add_argument("--start-depth", type=int, nargs=4, default=(2, 4, 4, 3))
    cli.add_argument("--start-tower", type=int, default=1)
    cli.add_argument("--rewarm", action="store_true", help="warm the learning rate up again after a resume")
    cli.add_argument("--compile", action="store_true")
    cli.add_argument("--log", type=int, default=50)
    cli.add_argument("--save", type=int, default=200)
    train(cli.parse_args())


if __name__ == "__main__":
    main()
