"""
The driver of a training on Spark: reads the users' rows once, and answers the server's calls until the server ends it.
The items' side of a fit is computed by the server (server/learning/factorization/cluster-factors.ts).

The columns of a call are in server/workers/training-cluster.ts.
"""

import json
import os
import sys
import traceback

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pymongo import MongoClient
from pymongo.uri_parser import parse_uri
from pyspark import StorageLevel
from pyspark.sql import SparkSession
from pyspark.sql.functions import col

import rows
import sweeps
from channel import Channel

CONNECTOR = "org.mongodb.spark:mongo-spark-connector_2.13:10.5.0"
MODULES = ("kernels.py", "rows.py", "sweeps.py")
PROFILES = "_id string, interactions string"
EXPORT_USERS = 10_000
# Bounds the memory of a task.
MAX_USERS_PER_PART = 200_000


class Training:
    """The state between the calls."""

    def __init__(self, channel, values, arrays):
        self._note = lambda message: channel.send("note", {"message": message})
        self._folder = values["folder"]
        self._spark, is_connected = self._start(values)
        context = self._spark.sparkContext
        context.setLogLevel("ERROR")
        here = os.path.dirname(os.path.abspath(__file__))
        for module in MODULES:
            context.addPyFile(os.path.join(here, module))
        self._binary = context.broadcast(arrays["kernels"].tobytes())
        self._n_items = 0
        # Of the fit, and of its last step.
        self._observations = None
        self._sums = None
        self._blocks = self._load(values, arrays, is_connected)

    def _start(self, values):
        if values["readsDatabase"]:
            self._note("Starting Spark with MongoDB's connector")
            try:
                return self._session(values, {"spark.jars.packages": CONNECTOR}), True
            except Exception as error:
                if not values["master"].startswith("local"):
                    raise RuntimeError(
                        f"Spark did not start with MongoDB's connector {CONNECTOR}, which the executors need to read"
                        f" the database. Let this machine reach a Maven repository, or the master: {error}"
                    ) from error
                SparkSession.builder._options.clear()
                self._note("MongoDB's connector cannot be had; the profiles are exported to Parquet instead")
        else:
            self._note("Starting Spark")
        return self._session(values, {}), False

    def _session(self, values, more):
        builder = SparkSession.builder.appName("smartpersona").master(values["master"])
        settings = {
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            # Partitions stay as they are chosen here.
            "spark.sql.adaptive.enabled": "false",
            "spark.driver.maxResultSize": "0",
            # The address of the database has a password.
            "spark.sql.redaction.options.regex": "(?i)uri",
            "spark.sql.execution.arrow.maxRecordsPerBatch": str(rows.BLOCK_USERS),
            **more,
        }
        if values["master"].startswith("local"):
            settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
            settings |= {"spark.local.dir": self._folder}
        for name, value in settings.items():
            builder = builder.config(name, value)
        return builder.getOrCreate()

    def _load(self, values, arrays, is_connected):
        users = json.loads(arrays["users"].tobytes())
        items = json.loads(arrays["items"].tobytes())
        self._n_items = len(items)
        context = self._spark.sparkContext
        index = context.broadcast({item: at for at, item in enumerate(items)})
        n_parts = max(context.defaultParallelism, -(-len(users) // MAX_USERS_PER_PART))
        numbered = pa.table({"_id": users, "row": np.arange(len(users), dtype="<i4")})
        profiles = self._connected(values) if is_connected else self._exported(values)
        self._note("Reading the profiles")
        part = (col("row").cast("long") * n_parts / len(users)).cast("int")
        blocks = (
            profiles.join(self._spark.createDataFrame(numbered), "_id")
            .select("row", "interactions", part.alias("part"))
            .repartitionById(n_parts, "part")
            .sortWithinPartitions("row")
            .mapInArrow(rows.to_blocks(index), rows.ddl_of(rows.BLOCK_COLUMNS))
            .persist(StorageLevel.MEMORY_AND_DISK)
        )
        blocks.count()
        return blocks

    def _connected(self, values):
        return (
            self._spark.read.format("mongodb")
            .option("connection.uri", values["uri"])
            .option("database", parse_uri(values["uri"])["database"])
            .option("collection", "profiles")
            .schema(PROFILES)
            .load()
        )

    def _exported(self, values):
        path = os.path.join(self._folder, "profiles.parquet")
        schema = pa.schema([("_id", pa.string()), ("interactions", pa.string())])
        with MongoClient(values["uri"]) as client, pq.ParquetWriter(path, schema) as writer:
            self._note("Exporting the profiles to Parquet")
            batch = []
            for profile in client.get_default_database()["profiles"].find({}, {"interactions": 1}):
                batch.append({"_id": profile["_id"], "interactions": profile["interactions"]})
                if len(batch) == EXPORT_USERS:
                    writer.write_table(pa.Table.from_pylist(batch, schema))
                    batch = []
            if batch:
                writer.write_table(pa.Table.from_pylist(batch, schema))
        return self._spark.read.schema(PROFILES).parquet(path)

    def close(self):
        self._spark.stop()

    def begin(self, values, arrays):
        """Begins a fit; `values` and `arrays` as in rows.to_observations."""
        if self._observations is not None:
            self._observations.unpersist()
        fit = self._spark.sparkContext.broadcast(({**values, "nItems": self._n_items}, arrays))
        observations = self._blocks.mapInArrow(rows.to_observations(fit), rows.ddl_of(rows.OBSERVATION_COLUMNS))
        self._observations = observations.persist(StorageLevel.MEMORY_AND_DISK)
        counts = self._observations.mapInArrow(sweeps.to_counts(self._n_items), sweeps.SUMS_DDL)
        total = total_of(counts)
        return {"nUsers": int(total[0])}, {"itemConfidence": total[1:]}

    def users(self, values, arrays):
        """The users' half of a sweep; the items' normal equations stay on the cluster."""
        d = len(arrays["ridge"])
        h = arrays["itemEmbeddings"].reshape(-1, d)
        priors = arrays["personaPriors"].reshape(-1, d)
        step = self._spark.sparkContext.broadcast((h, arrays["ridge"], priors))
        sums = self._observations.mapInArrow(sweeps.to_sums(self._binary, step), sweeps.SUMS_DDL)
        self._sums = sums.persist(StorageLevel.MEMORY_AND_DISK)
        total = total_of(self._sums.filter(col("chunk") == sweeps.OF_USERS))
        gram, by_persona, counts = np.split(total, [d * d, d * d + priors.size])
        return {}, {"gram": gram.astype("<f4"), "sums": by_persona, "counts": counts}

    def items(self, values, arrays):
        """The items' half of a sweep."""
        n, d = self._n_items, len(arrays["prior"]) // self._n_items
        step = self._spark.sparkContext.broadcast(
            (arrays["shared"].reshape(d, d), arrays["lambda"], arrays["prior"].reshape(n, d))
        )
        n_solvers = min(-(-n // sweeps.chunk_items(d)), self._spark.sparkContext.defaultParallelism)
        solved = (
            self._sums.filter(col("chunk") != sweeps.OF_USERS)
            .withColumn("solver", col("chunk") % n_solvers)
            .repartitionById(n_solvers, "solver")
            .sortWithinPartitions("chunk", "part")
            .select("chunk", "part", "sums")
            .mapInArrow(sweeps.to_items(self._binary, step), sweeps.SUMS_DDL)
            .collect()
        )
        solved.sort(key=lambda row: row["chunk"])
        self._sums.unpersist()
        return {}, {"itemEmbeddings": np.concatenate([np.frombuffer(row["sums"], "<f4") for row in solved])}


def total_of(sums):
    """The sums of all partitions, added in their order, so that a run can be repeated."""
    found = sorted(sums.collect(), key=lambda row: row["part"])
    return np.sum([np.frombuffer(row["sums"]) for row in found], axis=0)


def reason_of(error):
    """The last line of a failure in an executor says what failed."""
    lines = [line for line in str(error).splitlines() if line.strip() and not line.startswith("\tat ")]
    return " ".join(lines[-3:])[-600:] if lines else type(error).__name__


def main():
    channel = Channel(sys.stdin.buffer, os.fdopen(3, "wb"))
    training = None
    while True:
        kind, values, arrays = channel.receive()
        try:
            if kind == "close":
                if training is not None:
                    training.close()
                # Without waiting for the thread that reads.
                os._exit(0)
            if kind == "open":
                training = Training(channel, values, arrays)
                answer = {}, {}
            else:
                answer = getattr(training, kind)(values, arrays)
            channel.send("done", *answer)
        except Exception as error:
            traceback.print_exc()
            channel.send("failed", {"message": reason_of(error)})


if __name__ == "__main__":
    main()
