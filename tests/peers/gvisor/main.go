// SPDX-License-Identifier: Apache-2.0

// A host of gVisor's netstack on the card's wire: an independent TCP (SACK, RACK, CUBIC) in Go, by a
// packet socket on an interface. Built from Debian's golang-gvisor-gvisor-dev.
//
//	netstack -interface toe0 -address 10.77.0.77 echo PORT
//	netstack -interface toe0 -address 10.77.0.77 exchange HOST PORT BYTES SEED CONNECTIONS
//
// echo serves until killed and says "listening" when ready. exchange sends BYTES on each connection
// to an echo at HOST:PORT, ends its direction, and compares what comes back.
package main

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"net"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/link/fdbased"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

const mac = "\x02\x00\x00\x00\x00\x77"

func fail(what string, why interface{}) {
	fmt.Fprintf(os.Stderr, "netstack: %s: %v\n", what, why)
	os.Exit(1)
}

// packetSocket reads and writes whole frames of one interface.
func packetSocket(name string) int {
	all := uint16(unix.ETH_P_ALL)
	protocol := int(all<<8 | all>>8)
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, protocol)
	if err != nil {
		fail("packet socket", err)
	}
	link, err := net.InterfaceByName(name)
	if err != nil {
		fail(name, err)
	}
	where := unix.SockaddrLinklayer{Protocol: uint16(protocol), Ifindex: link.Index}
	if err := unix.Bind(fd, &where); err != nil {
		fail("bind to "+name, err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		fail("non-blocking packet socket", err)
	}
	return fd
}

func newStack(name string, address tcpip.Address) *stack.Stack {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
	})
	endpoint, err := fdbased.New(&fdbased.Options{
		FDs: []int{packetSocket(name)}, MTU: 1500, EthernetHeader: true,
		Address: tcpip.LinkAddress(mac), PacketDispatchMode: fdbased.Readv,
	})
	if err != nil {
		fail("endpoint", err)
	}
	if err := s.CreateNIC(1, endpoint); err != nil {
		fail("NIC", err)
	}
	own := tcpip.ProtocolAddress{
		Protocol:          ipv4.ProtocolNumber,
		AddressWithPrefix: tcpip.AddressWithPrefix{Address: address, PrefixLen: 24},
	}
	if err := s.AddProtocolAddress(1, own, stack.AddressProperties{}); err != nil {
		fail("address", err)
	}
	s.SetRouteTable([]tcpip.Route{{Destination: own.AddressWithPrefix.Subnet(), NIC: 1}})
	sack := tcpip.TCPSACKEnabled(true)
	if err := s.SetTransportProtocolOption(tcp.ProtocolNumber, &sack); err != nil {
		fail("SACK", err)
	}
	cubic := tcpip.CongestionControlOption("cubic")
	if err := s.SetTransportProtocolOption(tcp.ProtocolNumber, &cubic); err != nil {
		fail("CUBIC", err)
	}
	return s
}

func echo(s *stack.Stack, port int) {
	listener, err := gonet.ListenTCP(s, tcpip.FullAddress{NIC: 1, Port: uint16(port)},
		ipv4.ProtocolNumber)
	if err != nil {
		fail("listen", err)
	}
	fmt.Fprintln(os.Stderr, "listening")
	for {
		connection, err := listener.Accept()
		if err != nil {
			fail("accept", err)
		}
		go func(c *gonet.TCPConn) {
			_, _ = io.Copy(c, c)
			_ = c.CloseWrite()
			_ = c.Close()
		}(connection.(*gonet.TCPConn))
	}
}

// exchange sends and receives at once and says why it failed, if it did.
func exchange(s *stack.Stack, to tcpip.FullAddress, size int, seed int64) error {
	data := make([]byte, size)
	rng := rand.New(rand.NewSource(seed))
	for at := 0; at+8 <= size; at += 8 {
		binary.LittleEndian.PutUint64(data[at:], rng.Uint64())
	}
	c, err := gonet.DialTCP(s, to, ipv4.ProtocolNumber)
	if err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() {
		_, err := c.Write(data)
		if err == nil {
			err = c.CloseWrite()
		}
		sent <- err
	}()
	received, err := io.ReadAll(c)
	if err != nil {
		return err
	}
	if err := <-sent; err != nil {
		return err
	}
	if !bytes.Equal(data, received) {
		return fmt.Errorf("sent %d bytes, other %d came back (seed %d)", size, len(received), seed)
	}
	return c.Close()
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		fail("number", err)
	}
	return value
}

func main() {
	name := flag.String("interface", "toe0", "interface of the wire")
	own := flag.String("address", "10.77.0.77", "this host's IPv4 address")
	flag.Parse()
	words := flag.Args()
	s := newStack(*name, tcpip.Address(net.ParseIP(*own).To4()))
	switch {
	case len(words) == 2 && words[0] == "echo":
		echo(s, number(words[1]))
	case len(words) == 6 && words[0] == "exchange":
		to := tcpip.FullAddress{
			NIC: 1, Addr: tcpip.Address(net.ParseIP(words[1]).To4()), Port: uint16(number(words[2])),
		}
		connections := number(words[5])
		results := make(chan error, connections)
		for n := 0; n < connections; n++ {
			go func(n int) {
				results <- exchange(s, to, number(words[3]), int64(number(words[4])+n))
			}(n)
		}
		for n := 0; n < connections; n++ {
			if err := <-results; err != nil {
				fail("exchange", err)
			}
		}
	default:
		fail("usage", "echo PORT | exchange HOST PORT BYTES SEED CONNECTIONS")
	}
}
