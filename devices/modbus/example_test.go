package modbus_test

import (
	"context"
	"fmt"

	"guardroom/devices/modbus"
	"guardroom/simulators/modbusd"
)

func Example() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	panel, err := modbusd.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer panel.Close()
	panel.Set(1, modbusd.Holding, 100, 0x1400, 0x0800)

	line, err := modbus.Open("tcp://"+panel.Addr(), modbus.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	go line.Run(ctx)
	words, err := line.Read(ctx, modbus.Normal, 1, modbus.Holding, 100, 2)
	fmt.Printf("%04X %v\n", words, err)
	// Output: [1400 0800] <nil>
}
