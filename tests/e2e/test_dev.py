"""`layer dev`, as a newcomer meets it."""

import pathlib
import re
import signal
import socket
import subprocess

import pytest
from harness import canary
from harness.canary import store_key
from harness.dev import alive, children, commands, paste, start_dev
from harness.programs import SANITIZER_MARKS, build_folder
from harness.waiting import wait_for

LAYER = build_folder() / "layer"


@pytest.fixture
def dev(tmp_path):
    started = []

    def start(*arguments, **options):
        started.append(start_dev(tmp_path / "data", *arguments, **options))
        return started[-1]

    yield start
    for program in started:
        program.stop()
    for log in (tmp_path / "data").glob("*.log"):
        assert not any(mark in log.read_text() for mark in SANITIZER_MARKS), log.read_text()
        canary.look(log.name, log.read_bytes())


def layer(*arguments):
    return subprocess.run([LAYER, *arguments], capture_output=True, text=True, timeout=60)


@pytest.mark.smoke
def test_commands_work_when_pasted(dev):
    program = dev()
    written, found, metadata = [paste(command) for command in commands(program)]
    assert written["rows_upserted"] == 2
    assert [row["id"] for row in found["rows"]] == [1, 2]
    assert sorted(metadata["schema"]) == ["_hevlayer_upserted_at", "id", "text", "vector", "year"]
    output = program.output()
    assert f"URL   {program.url}\n" in output
    key = re.search(r"key   (\S+)\n", output)[1]
    assert all(f"Bearer {key}'" in command for command in commands(program))


def test_sample_commands_work_when_pasted(sample):
    text, ordered, metadata = [paste(command) for command in commands(sample)]
    assert text["rows"] and all(row["$dist"] > 0 for row in text["rows"])
    sizes = [row["installed_size"] for row in ordered["rows"]]
    assert sizes == sorted(sizes, reverse=True) and all(size > 100000 for size in sizes)
    loaded = re.findall(r"(\d+) of \1 packages\n", sample.output())
    assert [metadata["approx_row_count"]] == [int(count) for count in loaded]
    assert metadata["schema"]["description"]["full_text_search"] and metadata["schema"]["name"]["fuzzy"]


def test_loaded_sample_is_not_loaded_again(sample):
    data = re.search(r"data  (\S+) ", sample.output())[1]
    key = pathlib.Path(data, "api-key").read_text()
    again = layer("sample", "--url", sample.url, "--data", data, "--api-key", key)
    assert again.returncode == 0 and "packages, loaded already\n" in again.stderr


def test_interrupt_ends_everything_and_keeps_the_data(dev):
    first = dev()
    paste(commands(first)[0])
    parts = children(first)
    assert len(parts) == 2
    first.signal(signal.SIGINT)
    assert first.wait() == 0
    assert not any(alive(pid) for pid in parts)

    second = dev()
    assert len(paste(commands(second)[1])["rows"]) == 2
    assert re.search(r"key   (\S+)", first.output())[1] == re.search(r"key   (\S+)", second.output())[1]


def test_port_in_use(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        done = layer("dev", "--listen", listen, "--data", tmp_path)
    assert done.returncode == 1
    assert f"{listen} is in use" in done.stderr and "--listen" in done.stderr


def test_port_of_another_layer_is_in_use(dev, tmp_path):
    done = layer("dev", "--listen", f"127.0.0.1:{dev().port}", "--data", tmp_path / "other")
    assert done.returncode == 1 and "is in use" in done.stderr


def test_data_in_use(dev, tmp_path):
    dev()
    log = (tmp_path / "data/gateway.log").read_text()
    done = layer("dev", "--listen", "127.0.0.1:0", "--data", tmp_path / "data")
    assert done.returncode == 1 and f"Another `layer dev` uses {tmp_path}/data." in done.stderr
    assert (tmp_path / "data/gateway.log").read_text().startswith(log)


@pytest.mark.parametrize("victim", ["layer-store", "layer-gateway"])
def test_part_that_dies_is_reported(tmp_path, victim):
    program = start_dev(tmp_path)
    commands(program)
    parts = {pathlib.Path(f"/proc/{pid}/comm").read_text().strip(): pid for pid in children(program)}
    assert sorted(parts) == ["layer-gateway", "layer-store"]
    subprocess.run(["kill", "-KILL", str(parts[victim])], check=True)
    assert program.wait() == 1
    assert f"{victim} was ended by signal 9." in program.output()
    assert f"The end of {tmp_path}/{victim.removeprefix('layer-')}.log:" in program.output()
    assert not any(alive(pid) for pid in parts.values())
    program.check()


def test_damaged_data_is_reported(dev, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/store").write_text("not a directory")
    with pytest.raises(RuntimeError) as failure:
        dev()
    assert "layer-store ended by itself with status 1." in str(failure.value)
    assert "The end of" in str(failure.value)


def test_parts_end_with_their_parent(tmp_path):
    program = start_dev(tmp_path)
    parts = children(program)
    program.kill()
    wait_for(lambda: not any(alive(pid) for pid in parts))


def test_key_of_the_environment_is_used(dev):
    program = dev(environment={"TURBOPUFFER_API_KEY": store_key("mine")})
    assert f"Bearer {store_key('mine')}'" in commands(program)[0]
    assert paste(commands(program)[0])["rows_upserted"] == 2


def test_help_and_version():
    assert "layer dev " in layer("--help").stdout
    assert "--sample" in layer("dev", "--help").stdout
    assert re.fullmatch(r"layer \d+\.\d+\.\d+\n", layer("--version").stdout)
    wrong = layer("dev", "--sampel")
    assert wrong.returncode == 2 and "--sampel" in wrong.stderr


def test_sample_says_what_is_wrong(tmp_path, store):
    refused = layer("sample", "--url", store.url, "--api-key", "wrong", "--data", tmp_path)
    assert refused.returncode == 1 and "answered 401" in refused.stderr
    nobody = layer("sample", "--url", "http://127.0.0.1:1", "--api-key", "k", "--data", tmp_path)
    assert nobody.returncode == 1 and "connection refused" in nobody.stderr
