package api

import (
	"context"
	"net/http"

	"guardroom/console/stations"
)

func (s *Server) deviceRoutes() {
	route(s, http.MethodGet, "/devices", "list-devices", "Devices with their points", 200, s.listDevices)
	route(s, http.MethodGet, "/devices/{gateway}/{device}", "get-device", "One device", 200, s.getDevice)
}

type listDevicesInput struct {
	InStation
	Gateway string `query:"gateway" maxLength:"64"`
}

func (s *Server) listDevices(ctx context.Context, in *listDevicesInput) (*output[list[stations.Device]], error) {
	all, err := s.o.Stations.Devices(operator(ctx), in.Station, in.Gateway)
	items, next := cut(all, in.Paging, func(d stations.Device) string { return d.ID })
	return page(items, next, err)
}

type deviceInput struct {
	Gateway string `path:"gateway" maxLength:"64"`
	Device  string `path:"device" maxLength:"64"`
}

func (s *Server) getDevice(ctx context.Context, in *deviceInput) (*output[stations.Device], error) {
	return reply(s.o.Stations.Device(operator(ctx), in.Gateway, in.Device))
}
