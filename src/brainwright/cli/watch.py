"""`brainwright watch`: a live page of a run on this machine, with a stop button."""

import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

from brainwright import runs
from brainwright.cli.options import first_message
from brainwright.cli.words import UsageError, program

SUMMARY = "see a run while it goes on, in a browser, and stop it"
PORT = 8765
"""Any above 1,023 would do; always the same, so that the address can be kept."""


@dataclass(frozen=True)
class Options:
    """Where to serve the page."""

    host: str = "127.0.0.1"
    """Address to serve on. Others than this machine need the token that is then made and printed."""
    port: int = PORT
    """Port; 0 takes a free one."""
    token: str | None = None
    """Word that a reader must know; by default none on this machine, a random one elsewhere."""


def main(args: list[str]) -> int:
    """Serves the page until Ctrl-C. Returns 0."""
    folder, options = _parse(args)
    from brainwright.report.live import application
    from brainwright.report.live.guard import is_loopback

    token = options.token or (None if is_loopback(options.host) else secrets.token_urlsafe(24))
    with _listen(options) as listener:
        port = listener.getsockname()[1]
        app = application(
            folder,
            request_stop=lambda: runs.request_stop(folder),
            host=options.host,
            port=port,
            token=token,
        )
        name = f"[{options.host}]" if ":" in options.host else options.host
        words = f"?token={token}" if token else ""
        print(f"Watching {folder}: http://{name}:{port}/{words}   (Ctrl-C ends)", flush=True)
        _serve(app, listener)
    return 0


def _parse(args: list[str]) -> tuple[Path, Options]:
    if args and args[0] in ("-h", "--help"):
        print(f"usage: {program()} watch FOLDER [options]\n\n{SUMMARY}; FOLDER is the folder of the run.\n")
        for name, words in (
            ("--host HOST", "address to serve on (127.0.0.1); others need the token that is then printed"),
            ("--port PORT", f"port ({PORT}); 0 takes a free one"),
            ("--token WORD", "word that a reader must know; made up where --host is not this machine"),
        ):
            print(f"  {name:<14} {words}")
        raise SystemExit(0)
    if not args or args[0].startswith("-"):
        raise UsageError(f"watch: expected a run folder first, got {args[0] if args else 'none'}")
    folder = Path(args[0])
    if not folder.is_dir():
        raise UsageError(f"watch: expected a run folder, got {folder}, which is no folder")
    return folder, _options(args[1:])


def _options(args: list[str]) -> Options:
    import contextlib
    import io

    import tyro

    boxed = io.StringIO()
    try:
        with contextlib.redirect_stderr(boxed):
            options = tyro.cli(Options, args=args, prog=f"{program()} watch FOLDER")
    except SystemExit as stop:
        raise UsageError(f"watch: {first_message(boxed.getvalue())}") from stop
    if not 0 <= options.port <= 65_535:
        raise UsageError(f"watch: expected a port of 0 to 65535, got {options.port}")
    if options.token == "":
        raise UsageError("watch: expected a token of at least one letter, got none")
    return options


def _listen(options: Options) -> socket.socket:
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((options.host, options.port))
        listener.listen(64)  # so that nobody is turned away while the server starts
    except OSError as error:
        listener.close()
        raise UsageError(
            f"watch: cannot serve on {options.host} port {options.port}: {error.strerror}; try --port 0"
        ) from error
    return listener


def _serve(app: object, listener: socket.socket) -> None:
    import uvicorn

    settings = uvicorn.Config(
        app,  # ty: ignore[invalid-argument-type]
        log_level="warning",
        lifespan="off",
        timeout_graceful_shutdown=1,
        server_header=False,
    )
    uvicorn.Server(settings).run(sockets=[listener])
