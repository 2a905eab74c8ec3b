"""Train the second network, over as many runs as it takes; each can be stopped, killed and resumed.

    setsid nohup nice -n 19 python -m research.training.v2.train WORK --crops 2000000 >> WORK/train.log 2>&1 &

Where ``WORK`` holds no ``last.pt``, ``--weights CHECKPOINT`` begins with the averaged weights of an earlier run, such
as the committed ones, and goes on counting its crops; the rate is warmed up anew. The learning rate falls as a cosine
over ``--crops`` in all, whatever the number of runs; the number may be changed when resuming. ``WORK/last.pt`` holds
everything a resumed run needs, ``WORK/average.pt`` the averaged weights alone (half a megabyte), ``WORK/pid`` the
leader of the process group: ``kill -STOP -$(cat WORK/pid)`` pauses it.

With ``--cool N`` a copy of the run goes on from ``last.pt`` for N crops with the rate falling to nothing and writes
``cooled.pt``: weights to use today, while the long run keeps its rate. With ``--finish S`` the cosine reaches its end
in S seconds: what an accelerator that is lent for minutes needs.
"""

from __future__ import annotations

import argparse
import copy
import math
import os
import signal
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from research.training.train import keep_memory, optimiser
from research.training.v2.device_stream import DeviceCrops
from research.training.v2.losses import Losses, loss_of
from research.training.v2.network import Network
from research.training.v2.stream import Crops

WARM_UP = 300  # steps until the learning rate is reached
FLOOR = 0.01  # share of the learning rate left at the very end
LARGEST_GRADIENT = 10.0
Batch = tuple[Tensor, Tensor, Tensor]
KEEP = 0.9998  # of the average in each step, once the run is old enough
YOUTH = 20  # until then the average looks back over this part of all steps: step / YOUTH


@torch.no_grad()
def follow(average: Network, network: Network, step: int) -> None:
    """Move the exponential average, faster while the run is young."""
    keep = min(KEEP, step / (step + YOUTH))
    for mean, value in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if mean.dtype.is_floating_point:
            mean.lerp_(value, 1 - keep)
        else:
            mean.copy_(value)


def write(state: dict[str, object], path: Path) -> None:
    """Replace a file in one step, so that a killed run leaves the last whole one."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)


class Run:
    """One training run: what a checkpoint holds, and one step of it."""

    def __init__(self, a: argparse.Namespace) -> None:
        self.arguments, self.checkpoint = a, a.work / "last.pt"
        self.step, self.crops = 0, 0
        torch.manual_seed(a.seed)
        network = Network()
        state = torch.load(self.checkpoint, map_location="cpu") if self.checkpoint.exists() else None
        earlier = torch.load(a.weights, map_location="cpu") if a.weights and not state else None
        if earlier:
            network.load_state_dict(earlier["average"])
            self.step, self.crops = earlier["step"], earlier["crops"]
        self.first = state.get("first", 0) if state else self.step
        self.network = network.to(a.device, memory_format=torch.channels_last).train()
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.adam = optimiser(self.network, a.rate)
        if state:
            self.network.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            self.adam.load_state_dict(state["optimiser"])
            self.step, self.crops = state["step"], state["crops"]
        self.begun, self.started = self.crops, 0.0
        self.forward = torch.compile(self.network) if a.compile else self.network

    def ended(self) -> bool:
        a = self.arguments
        if a.finish:
            return time.time() - self.started >= a.finish
        return self.crops >= (self.begun + a.cool if a.cool else a.crops)

    def done(self) -> float:
        """The share of the run that is over."""
        a = self.arguments
        share = min(1.0, (self.begun if a.cool or a.finish else self.crops) / a.crops)
        if a.finish:
            share += (1 - share) * min(1.0, (time.time() - self.started) / a.finish)
        return share

    def rate(self) -> float:
        """Learning rate: a linear warm-up, then a cosine to nearly nothing at the end of all crops."""
        a = self.arguments
        long = FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * self.done()))
        if a.cool:  # straight down from where the long run is
            long *= max(FLOOR, 1 - (self.crops - self.begun) / a.cool)
        return float(a.rate * min(1.0, (self.step - self.first + 1) / WARM_UP) * long)

    def learn(self, raw: Tensor, objects: Tensor, counted: Tensor) -> Losses:
        """One step on one batch, see stream.Crops for what it holds."""
        device = self.arguments.device
        for group in self.adam.param_groups:
            group["lr"] = self.rate()
        pictures = raw.to(device, non_blocking=True).to(memory_format=torch.channels_last)
        pictures = pictures if pictures.is_floating_point() else pictures.float().div_(255)
        with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=self.arguments.half):
            maps = self.forward(pictures)
        losses = loss_of(maps, objects.to(device), counted.to(device))
        self.adam.zero_grad(set_to_none=True)
        losses.total.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), LARGEST_GRADIENT)
        self.adam.step()
        self.step, self.crops = self.step + 1, self.crops + len(raw)
        follow(self.average, self.network, self.step)
        return losses

    def save(self) -> None:
        average = {name: value.clone() for name, value in self.average.state_dict().items()}
        summary = {"average": average, "step": self.step, "crops": self.crops, "of": self.arguments.crops}
        if self.arguments.cool:
            write({**summary, "cooled": self.arguments.cool}, self.checkpoint.with_name("cooled.pt"))
            return
        if self.arguments.finish:
            summary["cooled"] = self.crops - self.begun
        everything = {"network": self.network.state_dict(), "optimiser": self.adam.state_dict(), "first": self.first}
        write({**summary, **everything}, self.checkpoint)
        write(summary, self.checkpoint.with_name("average.pt"))


def outlive_the_signal(_worker: int) -> None:
    """Let the leader stop first: a worker that a signal to the whole group ends would make it fail before it saves."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def batches(a: argparse.Namespace, seed: int) -> Iterable[Batch]:
    """Crops that workers of the processor make, or with ``--pack`` the device itself."""
    if a.pack:
        return DeviceCrops(a.pack, a.batch, a.size, seed, a.device)
    return DataLoader(
        Crops(a.work, a.batch, a.size, seed),
        batch_size=None,
        num_workers=a.workers,
        prefetch_factor=3 if a.workers else None,
        pin_memory=a.device != "cpu",
        worker_init_fn=outlive_the_signal,
    )


def train(a: argparse.Namespace) -> None:
    keep_memory()
    torch.set_num_threads(a.threads)
    run = Run(a)
    if not a.cool:
        (a.work / "pid").write_text(f"{os.getpgid(0)}\n")
    # the step is part of the seed: a resumed run sees new crops, not the ones it began with
    loader = batches(a, a.seed + run.step)
    stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stop.append(number))
    run.started = saved = logged = time.time()
    print(
        f"{datetime.now():%d %H:%M:%S} from step {run.step}, crops {run.crops}, {run.done():.3f} of the run", flush=True
    )
    recent: list[list[float]] = []
    for raw, objects, counted in loader:
        if stop or run.ended():
            break
        losses = run.learn(raw, objects, counted)
        if not math.isfinite(recent_total := losses.total.item()):
            raise SystemExit(f"the loss is {recent_total} at step {run.step}: last.pt is from before")
        recent.append([recent_total, *losses[1:]])
        if run.step % a.log == 0:
            total, score, box, quality, cells, iou = (sum(c) / len(recent) for c in zip(*recent, strict=True))
            speed, logged = len(recent) * a.batch / (time.time() - logged), time.time()
            print(
                f"{datetime.now():%d %H:%M:%S} step {run.step} crops {run.crops} loss {total:.3f} score {score:.3f} "
                f"box {box:.3f} quality {quality:.3f} cells {cells:.0f} iou {iou:.3f} "
                f"rate {run.rate():.6f} crops/s {speed:.1f}",
                flush=True,
            )
            recent.clear()
        if time.time() - saved > a.save:
            run.save()
            saved = time.time()
    run.save()
    print("stopped" if stop else "finished", "after", run.step, "steps and", run.crops, "crops", flush=True)


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("work", type=Path, help="folder with the pool; last.pt is kept (and resumed from) here")
    cli.add_argument(
        "--weights", type=Path, help="checkpoint of an earlier run to begin with, where there is no last.pt"
    )
    cli.add_argument("--crops", type=int, default=2_000_000, help="in all, over every run")
    cli.add_argument("--cool", type=int, default=0, help="end a copy of the run over this many crops")
    cli.add_argument("--finish", type=float, default=0, help="end the whole run in this many seconds")
    cli.add_argument("--device", default="cpu")
    cli.add_argument("--pack", type=Path, help="parcel of pack.py: crops are made on the device")
    cli.add_argument("--half", action="store_true", help="bfloat16 where it is safe")
    cli.add_argument("--compile", action="store_true")
    cli.add_argument("--threads", type=int, default=1)
    cli.add_argument("--workers", type=int, default=1)
    cli.add_argument("--batch", type=int, default=32)
    cli.add_argument("--size", type=int, default=320, help="side of a crop in pixels")
    cli.add_argument("--rate", type=float, default=3e-3, help="highest learning rate")
    cli.add_argument("--seed", type=int, default=0)
    cli.add_argument("--log", type=int, default=25, help="steps")
    cli.add_argument("--save", type=float, default=600, help="seconds")
    train(cli.parse_args())


if __name__ == "__main__":
    main()
