"""A file that is written: whole at every moment, with the mode it had, where its name leads."""

import errno
import os
import random
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import neurona
from neurona import export, saving
from neurona.observe.film import Film
from neurona.saving import check_replaceable, replace
from tests.support import forks

posix = pytest.mark.skipif(os.name == "nt", reason="modes, links and locks are those of POSIX")


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def names(folder):
    return sorted(one.name for one in folder.iterdir())


# ---- what is kept -------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_the_mode_stays_and_a_new_file_has_that_of_the_umask(mode, tmp_path):
    path = tmp_path / "m"
    before = os.umask(0o027)
    try:
        replace(path, b"old")
        assert mode_of(path) == 0o640
        path.chmod(mode)
        replace(path, b"new")
    finally:
        os.umask(before)
    assert (path.read_bytes(), mode_of(path)) == (b"new", mode)
    assert time.time() - path.stat().st_mtime < 60


NET = neurona.network([2, 3, 1], "tanh", output="sigmoid")
PARAMS = NET.init(rng=0)


def film(path):
    made = Film(NET, np.eye(2), np.array([0.0, 1.0]))
    made.add(next(neurona.train(NET, np.eye(2), np.array([0.0, 1.0]), steps=1, rng=0)))
    made.save(path)


WRITERS = {
    "m.safetensors": lambda path: neurona.save(path, NET, PARAMS),
    "f.gif": film,
    "m.onnx": lambda path: export.to_onnx(NET, PARAMS, path),
    "m.py": lambda path: export.to_numpy(NET, PARAMS, path),
    "model.py": lambda path: export.to_pytorch(NET, PARAMS, path.parent),
    "model.safetensors": lambda path: export.to_pytorch(NET, PARAMS, path.parent),
}


@posix
@pytest.mark.parametrize("name", WRITERS)
def test_whatever_writes_a_file_keeps_its_mode_and_refuses_one_that_is_read_only(name, tmp_path):
    path = tmp_path / name
    WRITERS[name](path)
    path.chmod(0o600)
    WRITERS[name](path)
    assert mode_of(path) == 0o600
    path.chmod(0o444)
    before = path.stat().st_ino
    with pytest.raises(PermissionError, match="read-only: make it writable, or give another"):
        WRITERS[name](path)
    assert (mode_of(path), path.stat().st_ino) == (0o444, before)
    assert not [one for one in names(tmp_path) if one.endswith(".partial")]


@posix
def test_links_are_followed_wherever_they_lead(tmp_path):
    (tmp_path / "models").mkdir()
    file, link, second = tmp_path / "models" / "m", tmp_path / "link", tmp_path / "second"
    link.symlink_to("models/m")
    second.symlink_to(link)
    replace(second, b"there was no file yet")
    assert file.read_bytes() == b"there was no file yet"
    replace(link, b"new")
    assert (file.read_bytes(), link.is_symlink(), second.is_symlink()) == (b"new", True, True)
    assert names(tmp_path / "models") == ["m"]
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    for act in (lambda: replace(circle, b""), lambda: check_replaceable(circle)):
        with pytest.raises(OSError, match="symbolic link") as caught:
            act()
        assert caught.value.errno == errno.ELOOP
    assert circle.is_symlink()


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="there are none here")
def test_extended_attributes_stay_which_access_lists_are(tmp_path):
    path = tmp_path / "m"
    path.write_bytes(b"old")
    try:
        os.setxattr(path, "user.label", b"mine")
    except OSError:
        pytest.skip("not on this file system")
    replace(path, b"new")
    assert os.getxattr(path, "user.label") == b"mine"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_the_owner_stays(tmp_path):
    path = tmp_path / "m"
    path.write_bytes(b"old")
    os.chown(path, 12345, 23456)
    replace(path, b"new")
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 23456)


# ---- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["L" * 255, "ñ" * 127, "x" * 59 + "\udce9", "caf\udce9"])
def test_any_name_that_a_file_may_have_can_be_written(name, tmp_path):
    path = tmp_path / name
    try:
        path.write_bytes(b"old")
    except (OSError, UnicodeError):
        pytest.skip("no name for this file system")
    check_replaceable(path)
    replace(path, b"new")
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == [name]


def test_the_early_check_says_what_the_act_would_and_leaves_nothing(tmp_path):
    read_only = tmp_path / "r"
    read_only.write_bytes(b"old")
    read_only.chmod(0o444)
    for path in (read_only, tmp_path / ("L" * 256), tmp_path / "nowhere" / "m"):
        said = []
        for act in (
            lambda path=path: check_replaceable(path),
            lambda path=path: replace(path, b""),
        ):
            with pytest.raises(OSError, match=r".") as caught:
                act()
            said.append((type(caught.value), caught.value.errno, caught.value.filename))
        assert said[0] == said[1]
        assert said[0][2] == str(path)
    check_replaceable(tmp_path / "m")
    assert names(tmp_path) == ["r"]


# ---- streams ------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are none here")
def test_a_pipe_is_written_into(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        replace(pipe, b"model")
        assert reader.communicate()[0] == b"model"
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="there is none here")
def test_the_standard_output_is_written_into_also_where_it_is_a_file(tmp_path):
    program = (
        "from pathlib import Path; from neurona.saving import replace\n"
        "print('before', flush=True); replace(Path('/dev/stdout'), b'model\\n'); print('after')"
    )
    with (tmp_path / "out").open("wb") as out:
        forks.run([sys.executable, "-c", program], stdout=out, check=True)
    assert (tmp_path / "out").read_text() == "before\nmodel\nafter\n"
    assert Path("/dev/stdout").is_symlink()
    assert names(tmp_path) == ["out"]


# ---- what interrupts ----------------------------------------------------------------------------


def test_ctrl_c_waits_until_the_file_is_there_and_a_second_one_does_not(tmp_path, monkeypatch):
    path = tmp_path / "m"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", lambda _: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        replace(path, b"new")
    assert path.read_bytes() == b"new"

    def twice(_):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(os, "fsync", twice)
    with pytest.raises(KeyboardInterrupt):
        replace(path, b"newer")
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["m"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


LOOP = """
import sys
from pathlib import Path
from neurona.saving import replace
path, sign = Path(sys.argv[1]), sys.argv[2].encode()
replace(path, sign * 300_000)
print("there", flush=True)
while True:
    replace(path, sign * 300_000)
"""


def killed(path, sign, after):
    """Save a file again and again, in a process that is killed after some seconds."""
    with forks.Popen([sys.executable, "-c", LOOP, path, sign], stdout=subprocess.PIPE) as one:
        assert one.stdout.readline() == b"there\n"
        time.sleep(after)
        one.kill()


@posix
@pytest.mark.parametrize("kills", [5, pytest.param(200, marks=pytest.mark.long)])
def test_a_file_is_whole_whenever_the_process_is_killed_and_the_next_one_cleans_up(kills, tmp_path):
    path, draws, left = tmp_path / "m", random.Random(kills), 0
    for k in range(kills):
        sign = "ab"[k % 2]
        killed(path, sign, draws.uniform(0, 0.03))
        assert path.read_bytes() == sign.encode() * 300_000
        left += len(names(tmp_path)) - 1
        assert len(names(tmp_path)) <= 2  # what the one before had left is gone
    assert kills < 100 or left  # or none was killed as it wrote
    replace(path, b"new")
    assert names(tmp_path) == ["m"]


@posix
def test_only_what_a_dead_process_left_of_the_same_file_is_removed(tmp_path):
    others = [".n.0123abcd.partial", ".m.notes.partial", "m.partial", ".m.0123abcd.partial.bak"]
    for name in (*others, ".m.0123abcd.partial"):
        (tmp_path / name).write_bytes(b"half")
    (tmp_path / ".m.76543210.partial").mkdir()
    with saving._partial(tmp_path / "m") as (mine, _):  # a process that still writes
        assert not (tmp_path / ".m.0123abcd.partial").exists()
        replace(tmp_path / "m", b"new")
        assert mine.exists()
    assert names(tmp_path) == sorted([*others, ".m.76543210.partial", "m"])
