// Package devices is the vocabulary of the protected site: devices and their
// points, the readings and signals they give, the commands they take and the
// receipts that say what became of them.
//
// A Reading is a point's value now; it may be lost, the next one replaces it.
// A Signal is something that happened; it is never lost, or the loss is told.
//
// The package imports the standard library only and knows no protocol.
package devices
