"""The page's server: viser on loopback, one viewer a browser, until it is stopped."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from worldprobe.errors import InvalidValue, MissingDependency, WorldprobeError
from worldprobe.playing.coarse_drawing import COARSE, detecting
from worldprobe.playing.played_folder import read_played
from worldprobe.results.condition_colours import COLOURS

if TYPE_CHECKING:  # worlds are imported once the address is printed, while a browser loads the page
    from worldprobe.playing.drawing_thread import DrawingThread
    from worldprobe.playing.viewer import Viewer

LOOPBACK = "127.0.0.1"
PORT = 8080
PATIENCE = 10.0
"""Seconds that encoders wait for the first picture to be shown, lest loading them delay it."""


class Page:
    """A folder's page, served from when it is made until `close`.

    Raises what reading the folder raises, MissingDependency without viser, and WorldprobeError for a port that is in
    use, before anything is loaded. The world is opened and the encoders are loaded while the page is already there.
    """

    def __init__(
        self,
        folder: Path,
        *,
        host: str = LOOPBACK,
        port: int = PORT,
        encoders: Sequence[str] = (),
        coarse: bool | None = None,
    ) -> None:
        viser = _viser()
        if not 0 <= port <= 65535:
            raise InvalidValue("port", port, "0 (any that is free) to 65535")
        self.folder = read_played(Path(folder), encoders)
        _check_free(host, port)
        self._files = TemporaryDirectory(prefix="worldprobe-play-")
        finds_out = detecting(viser, Path(self._files.name)) if coarse is None else contextlib.nullcontext()
        with _silent(), finds_out:
            self._server = viser.ViserServer(host=host, port=port, verbose=False)
        name = "localhost" if host in ("0.0.0.0", "::") else host
        self.address = f"http://{name}:{self._server.get_port()}{'/' + COARSE if coarse else ''}"
        self.viewers: dict[int, "Viewer"] = {}
        """Those who look at it now, by the server's number."""
        self._lock = threading.Lock()
        self.stage: DrawingThread | None = None
        """What draws; None until it is opened."""

    def open(self, stage: Any = None) -> None:
        """Open the world, let viewers in, and begin to load the encoders; raises what opening the world raises.

        `stage` is a `DrawingThread` in the place of the folder's own.
        """
        from worldprobe.playing.believers import Believers
        from worldprobe.playing.drawing_thread import DrawingThread
        from worldprobe.playing.playable import open_playable
        from worldprobe.playing.spatial_views import add_surroundings

        self._decorate()
        self.stage = stage or DrawingThread(lambda: open_playable(self.folder), Believers(self.folder))
        self.stage.start()
        self.stage.opened.wait()
        if self.stage.problem is not None:
            raise self.stage.problem
        assert self.stage.subject is not None
        add_surroundings(self._server, self.stage.subject)
        self._server.on_client_connect(self._enter)
        self._server.on_client_disconnect(self._leave)
        threading.Thread(target=self._load, args=(self.stage,), name="encoders", daemon=True).start()

    def wait(self) -> None:
        """Serve until the stage ends by a problem, which is raised, or the caller is interrupted."""
        while self.stage is None or self.stage.problem is None:
            threading.Event().wait(0.5)
        raise self.stage.problem

    def close(self) -> None:
        """End the server and give back what the world holds."""
        if self.stage is not None:
            self.stage.stop()
        with _silent():
            self._server.stop()
        self._files.cleanup()

    def __enter__(self) -> Page:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _decorate(self) -> None:
        gui = self._server.gui
        gui.configure_theme(dark_mode=True, show_logo=False, show_share_button=False, brand_color=COLOURS[0])
        gui.set_panel_label(self.folder.title)

    def _enter(self, client: Any) -> None:
        from worldprobe.playing.viewer import Viewer

        assert self.stage is not None
        viewer = Viewer(client, self.folder, self.stage)
        with self._lock:
            self.viewers[client.client_id] = viewer
        self.stage.watch(viewer)

    def _leave(self, client: Any) -> None:
        with self._lock:
            viewer = self.viewers.pop(client.client_id, None)
        if viewer is not None and self.stage is not None:
            self.stage.leave(viewer)

    def _load(self, stage: Any) -> None:
        stage.begun.wait(PATIENCE)
        stage.believers.load(self._refresh)

    def _refresh(self) -> None:
        with self._lock:
            viewers = list(self.viewers.values())
        for viewer in viewers:
            viewer.refresh()


def play(
    folder: str | Path,
    *,
    host: str = LOOPBACK,
    port: int = PORT,
    encoders: Sequence[str] = (),
    coarse: bool | None = None,
    said: Callable[[str], None] = print,
) -> None:
    """Serve a results folder's page until interrupted (Ctrl-C): the world, its sliders, and what encoders believe.

    `encoders` names runs, where not those of the first seed are wanted; `coarse` draws the 3-D view at half the
    screen's resolution: by default in browsers that draw in software; `said` is given the address. Only this machine
    can open it unless `host` says otherwise. Raises NoResults for a folder without trained encoders, MissingDependency
    without viser, WorldprobeError for a port that is in use.
    """
    with Page(Path(folder), host=host, port=port, encoders=encoders, coarse=coarse) as page:
        said(page.address)
        try:
            page.open()
            page.wait()
        except KeyboardInterrupt:
            pass


def _viser() -> Any:
    try:
        import viser
    except ImportError as error:
        raise MissingDependency("viser", "the page of `worldprobe play`", "pip install 'worldprobe[app]'") from error
    return viser


def _check_free(host: str, port: int) -> None:
    """Raise WorldprobeError where a port cannot be had: the server itself would quietly take another."""
    if not port:
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise WorldprobeError(
                f"Cannot serve on {host}, port {port}: {reason}. Give another with --port; --port 0 takes any."
            ) from None


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Keep what the server prints about itself from the terminal."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield
