"""A Modbus master that nobody in this project wrote: pymodbus, driven by lines on
stdin ("read holding 0 4", "write holding 20000 1", "write coil 1 1"), one JSON
answer a line on stdout: a list of words, or the name of the exception."""
import json
import sys

from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusException

host, port, unit = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
client = ModbusTcpClient(host, port=port, timeout=2)
if not client.connect():
    sys.exit("cannot connect")


def ask(words):
    verb, table, address, value = words[0], words[1], int(words[2]), int(words[3])
    if verb == "read":
        answer = {
            "coil": client.read_coils,
            "discrete": client.read_discrete_inputs,
            "input": client.read_input_registers,
            "holding": client.read_holding_registers,
        }[table](address, value, slave=unit)
    elif table == "coil":
        answer = client.write_coil(address, bool(value), slave=unit)
    else:
        answer = client.write_register(address, value, slave=unit)
    if answer.isError():
        return {"exception": getattr(answer, "exception_code", str(answer))}
    if verb == "write":
        return []
    if table in ("coil", "discrete"):
        return [int(b) for b in answer.bits[:value]]
    return answer.registers


for line in sys.stdin:
    try:
        print(json.dumps(ask(line.split())), flush=True)
    except ModbusException as error:
        print(json.dumps({"error": str(error)}), flush=True)
