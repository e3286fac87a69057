"""A Modbus master that nobody in this project wrote: pymodbus 3.0.

usage: master.py port     asks unit 17 at 127.0.0.1; ends with 1 when an answer is wrong

The slave holds the tables of the examples in Modbus Application Protocol V1.1b3, section 6.
"""
import sys

from pymodbus.client import ModbusTcpClient
from pymodbus.mei_message import ReadDeviceInformationRequest

client = ModbusTcpClient("127.0.0.1", port=int(sys.argv[1]))
assert client.connect()
unit = {"slave": 17}

assert client.read_holding_registers(0x6B, 3, **unit).registers == [0x022B, 0, 0x64]
assert client.read_input_registers(8, 1, **unit).registers == [0x0A]
assert client.read_coils(0x13, 19, **unit).bits[:8] == [True, False, True, True, False, False, True, True]
assert client.read_discrete_inputs(0xC4, 22, **unit).bits[:4] == [False, False, True, True]

assert not client.write_coil(700, True, **unit).isError()
assert not client.write_coils(701, [True, False, True], **unit).isError()
assert client.read_coils(700, 4, **unit).bits[:4] == [True, True, False, True]
assert not client.write_register(700, 0xBEEF, **unit).isError()
assert not client.write_registers(701, [1, 2, 3], **unit).isError()
assert client.read_holding_registers(700, 4, **unit).registers == [0xBEEF, 1, 2, 3]

assert client.read_holding_registers(65535, 2, **unit).exception_code == 2
assert client.read_holding_registers(0, 1, slave=99).exception_code == 0x0B

request = ReadDeviceInformationRequest(read_code=1, object_id=0, unit=17)
assert client.execute(request).information == {0: b"Company identification", 1: b"Product code XX", 2: b"V2.11"}
client.close()
