"""The store under kill -9: what was acknowledged is there, and no batch is there by half."""

import random
import threading

import pytest
from conftest import start_store
from harness.programs import free_port
from harness.waiting import wait_for
from oracle.differential import Store

WRITES, KILLS, WRITERS, ROWS = 1000, 25, 4, 3
PAGE = 10_000  # rows, the most that one query gives
NAMESPACE = "killed"


class Writers:
    """Threads that write batch after batch until the store dies under them."""

    def __init__(self, store, numbers):
        self.numbers, self.lock = numbers, threading.Lock()
        self.acknowledged, self.enough = set(), threading.Event()
        self.threads = [threading.Thread(target=self.write, args=(store,)) for _ in range(WRITERS)]
        for thread in self.threads:
            thread.start()

    def write(self, store):
        connection = Store(store.host, store.port, store.key)
        try:
            while not self.enough.is_set():
                with self.lock:
                    number = next(self.numbers)
                status, body = connection.write(NAMESPACE, batch(number))
                assert status == 200, body
                self.acknowledged.add(number)
        except (OSError, EOFError, StopIteration):
            pass
        except Exception as error:
            if type(error).__module__ != "http.client":
                raise

    def await_acknowledged(self, count):
        wait_for(lambda: len(self.acknowledged) >= count)

    def join(self):
        for thread in self.threads:
            thread.join()


def batch(number):
    """Rows of its own, one row that all batches share, and a delete of an earlier batch's last row."""
    rows = [
        {"id": f"b{number:05}-{part}", "batch": number, "text": "x" * (number % 700)} for part in range(ROWS)
    ]
    rows.append({"id": f"shared-{number % WRITERS}", "batch": number})
    return {"upsert_rows": rows, "deletes": [f"b{number - 100:05}-gone"]}


def read_batches(store):
    """{number of a batch: how many of its rows are there}"""
    connection, counts, after = Store(store.host, store.port, store.key), {}, "b"
    while True:
        query = {
            "rank_by": ["id", "asc"],
            "limit": PAGE,
            "filters": ["And", [["id", "Gt", after], ["id", "Lt", "c"]]],
            "include_attributes": ["batch"],
        }
        status, body = connection.query(NAMESPACE, query)
        assert status == 200 or status == 404, body
        for row in body.get("rows", []):
            assert row["id"].startswith(f"b{row['batch']:05}-")
            counts[row["batch"]] = counts.get(row["batch"], 0) + 1
            after = row["id"]
        if len(body.get("rows", [])) < PAGE:
            return counts


def test_kill_at_random_points(tmp_path):
    seed = random.randrange(1 << 32)
    chance, numbers, acknowledged = random.Random(seed), iter(range(100_000)), set()
    port, kills = free_port(), 0
    while len(acknowledged) < WRITES or kills < KILLS:
        store = start_store(tmp_path, port=port)
        check(read_batches(store), acknowledged, seed)
        writers = Writers(store, numbers)
        writers.await_acknowledged(chance.randint(1, 2 * WRITES // KILLS))
        threading.Event().wait(chance.uniform(0, 0.003))
        store.kill()
        store.check()
        writers.join()
        acknowledged |= writers.acknowledged
        kills += 1
    store = start_store(tmp_path, port=port)
    check(read_batches(store), acknowledged, seed)
    store.stop()


def check(counts, acknowledged, seed):
    assert set(counts.values()) <= {ROWS}, f"half a batch (seed {seed})"
    assert acknowledged <= set(counts), f"lost: {sorted(acknowledged - set(counts))} (seed {seed})"


COPY_KILLS = 12


def count_rows(connection, name):
    """None if there is no such namespace."""
    status, body = connection.query(name, {"aggregate_by": {"n": ["Count"]}})
    assert status == 200 or status == 404, body
    return body["aggregations"]["n"] if status == 200 else None


def copy_until_killed(store, names, copied):
    """Copies and branches in turn; {name: rows of the answer} of those that were answered."""
    connection = Store(store.host, store.port, store.key)
    try:
        for number, name in enumerate(names):
            field = "branch_from_namespace" if number % 2 else "copy_from_namespace"
            status, body = connection.write(name, {field: NAMESPACE})
            assert status == 200, body
            copied[name] = body["rows_affected"]
    except (OSError, EOFError):
        pass
    except Exception as error:
        if type(error).__module__ != "http.client":
            raise


def test_kill_during_copies(tmp_path):
    """A copy is there whole, as it was when its source had that many rows, or not at all."""
    seed = random.randrange(1 << 32)
    chance, port, tried, copied = random.Random(seed), free_port(), [], {}
    numbers = iter(range(100_000))
    for kill in range(COPY_KILLS + 1):
        store = start_store(tmp_path, port=port)
        connection = Store(store.host, store.port, store.key)
        for name in tried:
            rows = count_rows(connection, name)
            assert rows == copied.get(name, rows), f"{name} (seed {seed})"
            whole = rows is None or (rows - min(rows // ROWS, WRITERS)) % ROWS == 0
            assert whole, f"half a copy: {name} has {rows} rows (seed {seed})"
        if kill == COPY_KILLS:
            break
        writers = Writers(store, numbers)
        writers.await_acknowledged(5 * WRITERS)
        names = [f"copy-{kill}-{n}" for n in range(200)]
        copier = threading.Thread(target=copy_until_killed, args=(store, names, copied))
        copier.start()
        before = len(copied)
        wait_for(lambda before=before: len(copied) > before + 2)
        threading.Event().wait(chance.uniform(0, 0.01))
        store.kill()
        store.check()
        writers.join()
        copier.join()
        tried += names
    assert len(copied) >= 3 * COPY_KILLS
    store.stop()


@pytest.fixture
def filled(tmp_path):
    """A data directory with twenty writes, and nobody on it."""
    store = start_store(tmp_path)
    connection = Store(store.host, store.port, store.key)
    for number in range(20):
        assert connection.write(NAMESPACE, batch(number))[0] == 200
    store.stop()
    return tmp_path


def log_of(data):
    """The file that holds the writes: the largest."""
    return max((path for path in data.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)


@pytest.mark.parametrize("cut", [1, 3, 17, 100])
def test_an_unfinished_last_record_is_cut_off(cut, filled):
    with open(log_of(filled), "r+b") as log:
        log.truncate(log_of(filled).stat().st_size - cut)
    store = start_store(filled)
    assert set(read_batches(store)) == set(range(19))
    assert Store(store.host, store.port, store.key).write(NAMESPACE, batch(50))[0] == 200
    store.stop()
    store = start_store(filled)
    assert set(read_batches(store)) == {*range(19), 50}
    store.stop()


@pytest.mark.parametrize("part", [0.3, 0.5, 0.8])
def test_damage_stops_the_start(part, filled):
    path = log_of(filled)
    data = bytearray(path.read_bytes())
    data[int(len(data) * part)] ^= 0x40
    path.write_bytes(data)
    with pytest.raises(RuntimeError, match=path.name):
        start_store(filled)
    assert path.read_bytes() == data, "a damaged log is left as it is"


def test_a_second_process_is_refused(filled):
    store = start_store(filled)
    with pytest.raises(RuntimeError, match=r"(?i)use|lock|another"):
        start_store(filled)
    assert len(read_batches(store)) == 20
    store.stop()


def test_everything_survives_a_restart(tmp_path):
    """Schema, types, nulls and deletes, as a reader sees them."""
    store = start_store(tmp_path)
    connection = Store(store.host, store.port, store.key)
    rows = [
        {"id": 1, "vector": [0.7, 0.1], "t": "a text", "n": 5},
        {"id": 2, "vector": [1, 1], "t": "other"},
        {"id": 3, "vector": [0, 1]},
    ]
    schema = {"t": {"type": "string", "full_text_search": {"k1": 1.5}}, "n": "uint", "f": "float"}
    connection.write("a", {"upsert_rows": rows, "schema": schema, "distance_metric": "cosine_distance"})
    connection.write("a", {"patch_rows": [{"id": 1, "n": None, "f": 0.1}], "deletes": [2]})
    connection.call("POST", "/v1/namespaces/a/schema", {"t": {"type": "string", "filterable": True}})
    connection.write("gone", {"upsert_rows": [{"id": 1}]})
    connection.call("DELETE", "/v2/namespaces/gone")
    reads = [
        ("GET", "/v1/namespaces", None),
        ("GET", "/v1/namespaces/a/schema", None),
        ("GET", "/v2/namespaces/a/metadata", None),
        ("GET", "/v1/namespaces/gone/schema", None),
        (
            "POST",
            "/v2/namespaces/a/query",
            {"rank_by": ["t", "BM25", "text"], "limit": 5, "include_attributes": True},
        ),
        (
            "POST",
            "/v2/namespaces/a/query",
            {"rank_by": ["id", "asc"], "limit": 5, "include_attributes": True},
        ),
    ]

    def look(program):
        answers = [Store(program.host, program.port, program.key).call(*read) for read in reads]
        for _, body in answers:
            body.pop("performance", None)
        return answers

    before = look(store)
    assert [status for status, _ in before] == [200, 200, 200, 404, 200, 200]
    store.stop()
    again = start_store(tmp_path)
    assert look(again) == before
    again.stop()
