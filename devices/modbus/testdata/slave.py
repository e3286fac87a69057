"""A Modbus slave that nobody in this project wrote: pymodbus 3.0 behind TCP.

usage: slave.py socket|rtu      framing: Modbus TCP, or RTU frames over TCP

Listens on a free port of 127.0.0.1 and prints it. Ends with its standard input.
Unit u holds u*1000 + address in holding registers, u*2000 + address in input
registers, address % 3 == 0 in coils and address % 5 == u % 5 in discrete inputs.
"""
import asyncio
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server.async_io import ModbusTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

SIZE = 300
FRAMERS = {"socket": ModbusSocketFramer, "rtu": ModbusRtuFramer}


def unit(u):
    return ModbusSlaveContext(
        hr=ModbusSequentialDataBlock(0, [u * 1000 + a for a in range(SIZE)]),
        ir=ModbusSequentialDataBlock(0, [u * 2000 + a for a in range(SIZE)]),
        co=ModbusSequentialDataBlock(0, [a % 3 == 0 for a in range(SIZE)]),
        di=ModbusSequentialDataBlock(0, [a % 5 == u % 5 for a in range(SIZE)]),
        zero_mode=True,
    )


async def main():
    context = ModbusServerContext(slaves={u: unit(u) for u in (1, 2, 7)}, single=False)
    server = ModbusTcpServer(context, framer=FRAMERS[sys.argv[1]], address=("127.0.0.1", 0))
    serving = asyncio.ensure_future(server.serve_forever())
    while server.server is None:
        await asyncio.sleep(0.01)
    print(server.server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    serving.cancel()


asyncio.run(main())
