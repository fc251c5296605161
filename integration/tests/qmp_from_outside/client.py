"""QEMU's own client, qemu.qmp, at a monitor of ours: what it does there, and what it must see."""

import asyncio
import logging
import sys

from qemu.qmp import ConnectError, ExecuteError, QMPClient
from qemu.qmp.legacy import QEMUMonitorProtocol


async def refused(call, error_class, desc):
    """The call must fail with that class and text, and the connection live on."""
    try:
        await call
    except ExecuteError as error:
        assert (error.error_class, str(error)) == (error_class, desc), error
    else:
        raise AssertionError(f"no error: {desc}")


async def session(address):
    """Connect, execute, switch, fail, and come again."""
    client = QMPClient("test")
    for round_ in range(2):
        await client.connect(address)
        version = client.greeting.QMP.version["qemu"]
        assert version == {"major": 1, "minor": 2, "micro": 3}, version
        assert await client.execute("query-version") == client.greeting.QMP.version
        assert await client.execute("query-name") in ({}, {"name": "monitored"})
        names = [command["name"] for command in await client.execute("query-commands")]
        for name in ("qmp_capabilities", "query-commands", "trace-event-get-state", "trace-event-set-state",
                     "human-monitor-command"):
            assert name in names, names

        on = {"name": "flatview_*", "enable": True}
        assert await client.execute("trace-event-set-state", on) == {}
        states = await client.execute("trace-event-get-state", {"name": "flatview_*"})
        assert {event["name"]: event["state"] for event in states} == {
            "flatview_new": "enabled", "flatview_destroy": "enabled", "flatview_destroy_rcu": "enabled"}, states
        assert await client.execute("trace-event-set-state", {**on, "enable": False}) == {}

        await refused(client.execute("nosuch"), "CommandNotFound", "The command nosuch has not been found")
        await refused(client.execute("trace-event-get-state"), "GenericError", "Parameter 'name' is missing")
        await refused(client.execute("trace-event-set-state", {"name": "nosuch", "enable": True}),
                      "GenericError", 'unknown event "nosuch"')

        # the client numbers what is under way, and waits for the answer of that number
        async def one(index):
            name = ("cpu_in", "cpu_out", "monitored_tick")[index % 3]
            return name, await client.execute("trace-event-get-state", {"name": name})
        for name, states in await asyncio.gather(*(one(index) for index in range(100))):
            assert states == [{"name": name, "state": "disabled"}], states

        # what is sent raw keeps its id
        answer = await client.execute_msg(client.make_execute_msg("query-name"))
        assert answer in ({}, {"name": "monitored"}), answer
        with client.listener() as listener:
            assert await client.execute("human-monitor-command", {"command-line": "help trace-event"})
            assert listener.empty()
        await client.disconnect()


async def crowd(address):
    """Eight clients at once, each with its own connection."""
    clients = [QMPClient(f"client {number}") for number in range(8)]
    await asyncio.gather(*(client.connect(address) for client in clients))
    for _ in range(20):
        answers = await asyncio.gather(
            *(client.execute("trace-event-get-state", {"name": "cpu_*"}) for client in clients))
        assert all(len(answer) == 2 for answer in answers), answers
    await asyncio.gather(*(client.disconnect() for client in clients))


def legacy(address):
    """The class that older scripts use."""
    with QEMUMonitorProtocol(address) as client:
        client.connect()
        assert client.cmd_raw("nosuch")["error"]["class"] == "CommandNotFound"
        assert client.cmd("trace-event-set-state", name="cpu_out", enable=True) == {}
        assert client.cmd("trace-event-get-state", name="cpu_out")[0]["state"] == "enabled"
        assert client.cmd("human-monitor-command", **{"command-line": "trace-event cpu_out off"}) == ""
        assert client.get_events() == []


async def walkthrough(address, log):
    """Steps of docs/walkthrough.md: switch an event on, and name the log's file."""
    client = QMPClient("walkthrough")
    for _ in range(1000):
        try:
            await client.connect(address)
            break
        except ConnectError:
            await asyncio.sleep(0.01)
    await client.execute("trace-event-set-state", {"name": "migrate_set_state_user", "enable": True})
    told = await client.execute("human-monitor-command", {"command-line": f"logfile {log}"})
    assert told == "", told
    await client.disconnect()


def main():
    logging.basicConfig(level=logging.CRITICAL)
    what, *arguments = sys.argv[1:]
    run = globals()[what](*arguments)
    if run is not None:
        asyncio.run(run)


main()
