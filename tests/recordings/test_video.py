"""Frames of videos, whatever the codec and however far apart the key frames are."""

from pathlib import Path

import av
import numpy as np
import pytest

from recordings.videos import assert_nearly, write_video
from recordings.walks import walk
from worldprobe.recordings import UnreadableFile, UnusableData
from worldprobe.recordings.video import Clip, VideoFrames, header


def large(frames: np.ndarray) -> np.ndarray:
    """Frames of the least size that every encoder takes."""
    return np.repeat(np.repeat(frames, 8, axis=1), 4, axis=2)


@pytest.mark.parametrize("every", [2, 12, 250])
@pytest.mark.parametrize("file", ["libx264.mp4", "libsvtav1.mp4", "libx264.mkv"])
def test_any_rows_in_any_order_show_their_own_frames(file: str, every: int, tmp_path: Path) -> None:
    """H.264 has frames out of order, AV1 is what LeRobot writes, and Matroska does not count its frames."""
    frames = large(walk((30, 15)).frames)
    path = write_video(tmp_path / file, frames, codec=Path(file).stem, every=every)
    assert header(path).frames == 45
    with av.open(str(path)) as container:
        in_order = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
    assert_nearly(in_order[:, :, ::4], frames[:, :, ::4])
    video = VideoFrames([Clip(path, 45)])
    for seed in range(3):
        rows = np.random.default_rng(seed).integers(0, 45, 10)
        np.testing.assert_array_equal(video.read(rows), in_order[rows])


def test_clips_are_read_one_after_the_other(tmp_path: Path) -> None:
    w = walk()
    clips = [
        Clip(write_video(tmp_path / f"{number}.mp4", frames), len(frames))
        for number, frames in enumerate(w.parts(w.frames))
    ]
    rows = np.array([38, 11, 12, 0, 18, 19])
    assert_nearly(VideoFrames(clips).read(rows), w.frames[rows])


def test_a_row_is_shown_by_the_frame_of_its_time(tmp_path: Path) -> None:
    """Times choose frames: every third frame of 30 a second, beginning half a second in, is 10 a second."""
    frames = walk((45,)).frames
    path = write_video(tmp_path / "v.mp4", frames, fps=30)
    video = VideoFrames([Clip(path, 10, 0.5 + np.arange(10) / 10)])
    assert_nearly(video.read(np.arange(10)), frames[15:45:3])


@pytest.mark.parametrize("late", [-0.2, 0.2])
def test_a_time_a_fifth_of_a_frame_off_still_shows_its_frame(late: float, tmp_path: Path) -> None:
    frames = walk((45,)).frames
    path = write_video(tmp_path / "v.mp4", frames, fps=30)
    times = (np.arange(5, 15) + late) / 30
    assert_nearly(VideoFrames([Clip(path, 10, times)]).read(np.arange(10)), frames[5:15])


@pytest.mark.parametrize("late", [-0.4, 0.3, 0.5])
def test_times_between_two_frames_are_refused_with_how_far_they_are_off(late: float, tmp_path: Path) -> None:
    """At three tenths of a frame and more, which frame is a row's is a guess: the clock is another one."""
    path = write_video(tmp_path / "v.mp4", walk((45,)).frames, fps=30)
    times = np.arange(5, 15) / 30
    times[7] += late / 30
    video = VideoFrames([Clip(path, 10, times)])
    assert len(video.read(np.arange(7))) == 7
    with pytest.raises(UnusableData, match=rf"row 7 .* {abs(late):.2f} frames away"):
        video.read(np.arange(10))


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "v.mkv").write_text("hello")
    with pytest.raises(UnreadableFile, match=r"v\.mkv cannot be read: Invalid data"):
        header(tmp_path / "v.mkv")
    with pytest.raises(UnreadableFile, match=r"w\.mp4 cannot be read: there is no such file"):
        header(tmp_path / "w.mp4")
