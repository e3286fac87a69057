package modbusd

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// An Exception refuses a request with its code (Modbus Application Protocol V1.1b3, section 7).
type Exception byte

const (
	IllegalFunction Exception = 0x01
	IllegalAddress  Exception = 0x02
	IllegalValue    Exception = 0x03
	DeviceFailure   Exception = 0x04
	Acknowledge     Exception = 0x05
	DeviceBusy      Exception = 0x06
	PathUnavailable Exception = 0x0A
	TargetSilent    Exception = 0x0B
)

func (e Exception) Error() string { return fmt.Sprintf("modbus exception %d", byte(e)) }

// Identity is what a device tells of itself with function 0x2B/0x0E: the basic
// objects of Modbus Application Protocol V1.1b3, 6.21. Each is cut to 64 bytes.
type Identity struct{ Vendor, Product, Revision string }

func (id Identity) objects() [3]string {
	objects := [3]string{id.Vendor, id.Product, id.Revision}
	for i, o := range objects {
		objects[i] = o[:min(len(o), 64)]
	}
	return objects
}

// device answers requests from a store.
type device struct {
	store    *Store
	identity Identity
}

// answer carries out one request PDU and returns the PDU of its answer.
func (d device) answer(master string, unit uint8, pdu []byte) []byte {
	answer, err := d.carryOut(master, unit, pdu)
	if err == nil {
		return answer
	}
	refusal := DeviceFailure
	errors.As(err, &refusal)
	return []byte{pdu[0] | 0x80, byte(refusal)}
}

func (d device) carryOut(master string, unit uint8, pdu []byte) ([]byte, error) {
	switch pdu[0] {
	case 0x01:
		return d.readBits(unit, Coil, pdu)
	case 0x02:
		return d.readBits(unit, Discrete, pdu)
	case 0x03:
		return d.readRegisters(unit, Holding, pdu)
	case 0x04:
		return d.readRegisters(unit, Input, pdu)
	case 0x05, 0x06:
		return d.writeOne(master, unit, pdu)
	case 0x0F, 0x10:
		return d.writeMany(master, unit, pdu)
	case 0x2B:
		return d.identify(pdu)
	}
	return nil, IllegalFunction
}

func (d device) readBits(unit uint8, t Table, pdu []byte) ([]byte, error) {
	addr, count, err := block(pdu, 5, 2000)
	if err != nil {
		return nil, err
	}
	values, err := d.store.read(unit, t, addr, count)
	if err != nil {
		return nil, err
	}
	answer := make([]byte, 2+(count+7)/8)
	answer[0], answer[1] = pdu[0], byte(len(answer)-2)
	for i, v := range values {
		answer[2+i/8] |= byte(v) << (i % 8)
	}
	return answer, nil
}

func (d device) readRegisters(unit uint8, t Table, pdu []byte) ([]byte, error) {
	addr, count, err := block(pdu, 5, 125)
	if err != nil {
		return nil, err
	}
	values, err := d.store.read(unit, t, addr, count)
	if err != nil {
		return nil, err
	}
	answer := make([]byte, 2, 2+2*count)
	answer[0], answer[1] = pdu[0], byte(2*count)
	for _, v := range values {
		answer = binary.BigEndian.AppendUint16(answer, v)
	}
	return answer, nil
}

func (d device) writeOne(master string, unit uint8, pdu []byte) ([]byte, error) {
	if len(pdu) != 5 {
		return nil, IllegalValue
	}
	w := Write{Unit: unit, Table: Holding, Addr: binary.BigEndian.Uint16(pdu[1:]), Master: master}
	value := binary.BigEndian.Uint16(pdu[3:])
	if pdu[0] == 0x05 {
		w.Table = Coil
		switch value {
		case 0xFF00:
			value = 1
		case 0x0000:
		default:
			return nil, IllegalValue
		}
	}
	w.Values = []uint16{value}
	if err := d.store.write(w); err != nil {
		return nil, err
	}
	return pdu, nil
}

func (d device) writeMany(master string, unit uint8, pdu []byte) ([]byte, error) {
	w := Write{Unit: unit, Table: Holding, Master: master}
	most := 123
	if pdu[0] == 0x0F {
		w.Table, most = Coil, 1968
	}
	if len(pdu) < 6 {
		return nil, IllegalValue
	}
	addr, count, err := block(pdu[:5], 5, most)
	if err != nil {
		return nil, err
	}
	data := pdu[6:]
	size := 2 * count
	if w.Table == Coil {
		size = (count + 7) / 8
	}
	if int(pdu[5]) != size || len(data) != size {
		return nil, IllegalValue
	}
	w.Addr, w.Values = addr, make([]uint16, count)
	for i := range w.Values {
		if w.Table == Coil {
			w.Values[i] = uint16(data[i/8]>>(i%8)) & 1
		} else {
			w.Values[i] = binary.BigEndian.Uint16(data[2*i:])
		}
	}
	if err := d.store.write(w); err != nil {
		return nil, err
	}
	return pdu[:5], nil
}

// identify answers read device identification: all basic objects (codes 1 to
// 3) or one of them (code 4).
func (d device) identify(pdu []byte) ([]byte, error) {
	if len(pdu) < 2 || pdu[1] != 0x0E {
		return nil, IllegalFunction
	}
	if len(pdu) != 4 {
		return nil, IllegalValue
	}
	objects := d.identity.objects()
	code, first, last := pdu[2], int(pdu[3]), len(objects)-1
	switch {
	case code == 4 && first > last:
		return nil, IllegalAddress
	case code == 4:
		last = first
	case code < 1 || code > 4:
		return nil, IllegalValue
	case first > last: // the specification says: start again
		first = 0
	}
	const conformity, more, next = 0x81, 0, 0
	answer := []byte{0x2B, 0x0E, code, conformity, more, next, byte(last - first + 1)}
	for id := first; id <= last; id++ {
		answer = append(answer, byte(id), byte(len(objects[id])))
		answer = append(answer, objects[id]...)
	}
	return answer, nil
}

// block reads address and quantity of a request PDU of the given size.
func block(pdu []byte, size, most int) (addr uint16, count int, err error) {
	if len(pdu) != size {
		return 0, 0, IllegalValue
	}
	addr, count = binary.BigEndian.Uint16(pdu[1:]), int(binary.BigEndian.Uint16(pdu[3:]))
	if count < 1 || count > most {
		return 0, 0, IllegalValue
	}
	return addr, count, nil
}
