// Package link is the wire between gateway and console, and the only thing that
// both ends know: topics, envelopes, versions. Its golden files pin the bytes.
//
//	guardroom/v1/<station>/<gateway>/
//	  birth     gateway → console  QoS 1, retained   who I am, what I serve
//	  status    gateway → console  QoS 1, retained   online or offline, also the last will
//	  alarms    gateway → console  QoS 1             express lane: alarm-kind signals at once
//	  signals   gateway → console  QoS 1             every signal in order
//	  readings  gateway → console  QoS 0             latest values
//	  heartbeat gateway → console  QoS 0             clock, spool depth, lag
//	  receipts  gateway → console  QoS 1             what became of commands
//	  config/applied gateway → console QoS 1, retained
//	  confirm   console → gateway  QoS 1             everything up to here is committed
//	  commands  console → gateway  QoS 1             never retained
//	  desired   console → gateway  QoS 1, retained   state to hold
//	  config    console → gateway  QoS 1, retained
package link
