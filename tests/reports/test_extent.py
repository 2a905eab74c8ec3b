"""A release says how much of the picture and of the time it hides: publicly by kind, and inside as a whole."""

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bodycam_pipeline.pipeline import Order, detect, redact
from bodycam_pipeline.values.edits import Edits
from bodycam_pipeline.values.geometry import Region
from tests.attacks.jobs import plan_of, quick_policy, rendered
from tests.clips import clip
from tests.inline import InlineRunner

DRAWN = {
    "kind": "face", "reason": "drawn", "by": "me",
    "keyframes": [{"at": at, "box": [64, 64, 96, 96]} for at in ("0", "0.36")],
}  # fmt: skip
WITHHELD = {"from": "0.4", "to": "0.8", "reason": "a test", "by": "me"}


def test_the_manifest_and_the_report_say_how_much_is_hidden(tmp_path: Path) -> None:
    path = clip(tmp_path / "recording.mp4", frames=30)
    edits = Edits.model_validate({"hide": [DRAWN], "withhold": [WITHHELD]})
    published = redact(Order(str(path), tmp_path / "out", quick_policy(), edits), InlineRunner())
    manifest = json.loads((published.folders.release / "manifest.json").read_text())
    hidden = manifest["hidden"]
    drawn = {(row.pts, row.region) for row in published.plan.rows()}
    assert len(drawn) == hidden["face"]["frames"] == 10
    share = sum(region.area for _, region in drawn) / (30 * 320 * 192)
    assert hidden["face"]["share_of_frame"] == pytest.approx(share, abs=1e-6)
    assert hidden["plate"]["share_of_frame"] == 0
    assert manifest["share_hidden"] == pytest.approx(share + 1 / 3, abs=1e-6), "withheld time is hidden whole"
    page = " ".join((published.folders.internal / "report.html").read_text().split())
    assert f"{100 * (share + 1 / 3):.2f} % of the picture (as a mean over all frames)" in page
    assert "something in 66.7 % of the time" in page
    assert f'<td class="number">{100 * share:.2f} %' in page
    assert "regions/frame" in page


def test_what_two_kinds_hide_together_is_counted_once(tmp_path: Path) -> None:
    path = clip(tmp_path / "recording.mp4", frames=6)
    policy = quick_policy()
    plan = plan_of(path, policy, [(0, Region(64, 64, 128, 128)), (1, Region(96, 64, 160, 128))], ["face", "plate"])
    published = rendered(path, policy, plan)
    manifest = json.loads((published.folders.release / "manifest.json").read_text())
    assert [kind["share_of_frame"] for kind in manifest["hidden"].values()] == [pytest.approx(1 / 15, abs=1e-6)] * 2
    assert manifest["share_hidden"] == pytest.approx(1 / 10)


def test_a_track_stands_beside_a_picture_of_the_release_and_never_of_the_recording(tmp_path: Path) -> None:
    path = clip(tmp_path / "recording.mp4", frames=30)
    edits = Edits.model_validate({"hide": [DRAWN]})
    order = Order(str(path), tmp_path / "out", quick_policy("fill"), edits)
    job, _ = detect(order, InlineRunner())
    assert 'class="track"' not in (job.folders.internal / "report.html").read_text(), "nothing is redacted yet"
    published = redact(order, InlineRunner())
    (data,) = re.findall(
        r'class="track" src="data:image/jpeg;base64,([^"]+)"', (published.folders.internal / "report.html").read_text()
    )
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("L"), np.float32)
    height, width = picture.shape
    middle = picture[height // 2 - 4 : height // 2 + 4, width // 2 - 4 : width // 2 + 4]
    assert middle.max() < 24, "the mask is in the picture"
    assert picture.max() > 60, "and what is around it"
    assert not any(b"data:image" in file.read_bytes() for file in published.folders.release.iterdir())
