"""A Modbus TCP slave that nobody in this project wrote: pymodbus of Debian's
python3-pymodbus, with its tables set from outside.

It listens on a free port of 127.0.0.1, prints "PORT <n>", and then takes lines on
standard input:

    set <unit> <table> <address> <value> [<value> ...]     table: coil discrete input holding
    get <unit> <table> <address> <count>                   prints "VALUES <v> ..."

and answers each with one line. Addresses are PDU addresses, base 0.
"""

import asyncio
import sys

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.server.async_io import ModbusTcpServer

CODES = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}


def slave():
    """Every address of every table exists and is zero."""

    def block():
        return ModbusSparseDataBlock({0: [0] * 65536})

    return ModbusSlaveContext(di=block(), co=block(), hr=block(), ir=block(), zero_mode=True)


async def main(units):
    slaves = {unit: slave() for unit in units}
    server = ModbusTcpServer(ModbusServerContext(slaves=slaves, single=False), address=("127.0.0.1", 0))
    serving = asyncio.ensure_future(server.serve_forever())
    while server.server is None:
        await asyncio.sleep(0.01)
    print("PORT", server.server.sockets[0].getsockname()[1], flush=True)
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while True:
        line = (await lines.readline()).decode().split()
        if not line:
            break
        verb, unit, table, address, *rest = line
        values = [int(v) for v in rest]
        if verb == "set":
            slaves[int(unit)].setValues(CODES[table], int(address), values)
            print("DONE", flush=True)
        else:
            got = slaves[int(unit)].getValues(CODES[table], int(address), values[0])
            print("VALUES", *[int(v) for v in got], flush=True)
    serving.cancel()


asyncio.run(main([int(u) for u in sys.argv[1:]] or [1]))
