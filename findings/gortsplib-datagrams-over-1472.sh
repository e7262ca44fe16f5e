#!/usr/bin/env bash
# Package    github.com/bluenviron/gortsplib/v5 v5.2.0 (Go module), the RTSP client of MediaMTX.
# Behaviour  By UDP the client drops each packet of more than 1472 bytes, with a decode error. The dropped packets still count
#            as a sign that UDP works, so the client never changes to TCP, by which it takes the same packets.
# Expected   The packet, as the length of a datagram is the link's affair; or the change to TCP that this client makes when
#            nothing comes by UDP for three seconds.
# Seen       1472 bytes by UDP: 100 of 100 packets; 1473 bytes by UDP: 0 packets, 100 errors, one SETUP in 6 s; by TCP: 100.
# Matters    Publishers fill 1472 bytes, and SRTP adds its tag to them: each full packet is then lost, and short ones come
#            through. Loopback and jumbo frames carry such packets, so the server sees no loss anywhere.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GOPATH="$folder/go" GOFLAGS=-modcacherw
go mod init finding 2>/dev/null
go get github.com/bluenviron/gortsplib/v5@v5.2.0 2>/dev/null
cat > main.go <<'END'
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/pion/rtp"
)

const sdp = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\na=control:t\r\n"

// packet is G.711, of length bytes with its header.
func packet(sequence, length int) []byte {
	p := make([]byte, length)
	timestamp := sequence * (length - 12)
	copy(p, []byte{0x80, 0, byte(sequence >> 8), byte(sequence),
		byte(timestamp >> 24), byte(timestamp >> 16), byte(timestamp >> 8), byte(timestamp), 'S', 'S', 'R', 'C'})
	return p
}

// serve answers one client, and sends it packets of length bytes for seconds after PLAY.
func serve(listener net.Listener, length int, setups *[]string) {
	connection, err := listener.Accept()
	if err != nil {
		return
	}
	defer connection.Close()
	media, _ := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	reports, _ := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	defer media.Close()
	defer reports.Close()
	var to *net.UDPAddr
	reader := bufio.NewReader(connection)
	for {
		var head []string
		for {
			line, err := reader.ReadString('\n')
			if err != nil {
				return
			}
			if line = strings.TrimSpace(line); line == "" {
				break
			}
			head = append(head, line)
		}
		method, headers, number := strings.Fields(head[0])[0], "Session: 1\r\n\r\n", ""
		for _, line := range head {
			if strings.HasPrefix(line, "CSeq:") {
				number = line
			}
			if strings.HasPrefix(line, "Transport:") {
				*setups = append(*setups, line)
				var a, b int
				if i := strings.Index(line, "client_port="); i >= 0 {
					fmt.Sscanf(line[i:], "client_port=%d-%d", &a, &b)
					to = &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: a}
					headers = fmt.Sprintf("Transport: RTP/AVP;unicast;client_port=%d-%d;server_port=%d-%d\r\nSession: 1;timeout=60\r\n\r\n",
						a, b, media.LocalAddr().(*net.UDPAddr).Port, reports.LocalAddr().(*net.UDPAddr).Port)
				} else {
					to = nil
					headers = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1;timeout=60\r\n\r\n"
				}
			}
		}
		if method == "OPTIONS" {
			headers = "Public: DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER\r\n\r\n"
		}
		if method == "DESCRIBE" {
			headers = fmt.Sprintf("Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(sdp), sdp)
		}
		fmt.Fprintf(connection, "RTSP/1.0 200 OK\r\n%s\r\n%s", number, headers)
		if method == "PLAY" {
			go func() {
				for sequence := range 100 {
					p := packet(sequence, length)
					if to != nil {
						media.WriteToUDP(p, to)
					} else {
						connection.Write(append([]byte{'$', 0, byte(length >> 8), byte(length)}, p...))
					}
					time.Sleep(50 * time.Millisecond)
				}
			}()
		}
	}
}

// play plays for 5 s, and returns what came.
func play(length int, protocol *gortsplib.Protocol) (int64, int64, []string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer listener.Close()
	var setups []string
	go serve(listener, length, &setups)
	u, _ := base.ParseURL("rtsp://" + listener.Addr().String() + "/live")
	var received, errors atomic.Int64
	client := gortsplib.Client{Scheme: u.Scheme, Host: u.Host, Protocol: protocol, OnDecodeError: func(err error) {
		if errors.Add(1) == 1 {
			fmt.Println("  ", err)
		}
	}}
	if err := client.Start(); err != nil {
		panic(err)
	}
	described, _, err := client.Describe(u)
	if err == nil {
		err = client.SetupAll(described.BaseURL, described.Medias)
	}
	if err != nil {
		panic(err)
	}
	client.OnPacketRTPAny(func(*description.Media, format.Format, *rtp.Packet) { received.Add(1) })
	if _, err = client.Play(nil); err != nil {
		panic(err)
	}
	time.Sleep(6 * time.Second)
	client.Close()
	return received.Load(), errors.Load(), setups
}

func main() {
	tcp := gortsplib.ProtocolTCP
	small, _, _ := play(1472, nil)
	fmt.Println("UDP, 1472 bytes:", small, "of 100 packets received")
	large, errors, setups := play(1473, nil)
	fmt.Println("UDP, 1473 bytes:", large, "received,", errors, "decode errors, setups:", setups)
	inside, _, _ := play(1473, &tcp)
	fmt.Println("TCP, 1473 bytes:", inside, "of 100 packets received")
	if small < 90 || large != 0 || errors < 90 || inside < 90 || len(setups) != 1 {
		fmt.Println("CHANGED")
		os.Exit(1)
	}
	fmt.Println("as found")
}
END
go build -o finding .
timeout 60 ./finding
