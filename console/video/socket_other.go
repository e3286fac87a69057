//go:build !linux

package video

import "net"

func canSegment(*net.UDPConn) bool { return false }

func segment(into []byte, _ int) []byte { return into }

func refusesSegments(error) bool { return true }
