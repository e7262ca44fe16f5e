#!/usr/bin/env bash
# Package    github.com/bluenviron/gortsplib/v5 v5.2.0 (Go module), the RTSP client of MediaMTX.
# Behaviour  The client forgets a sender report that comes before the first RTP packet of its source. PacketNTP then knows no
#            absolute time for the packets that follow, until another report comes.
# Expected   The time of each packet: the report names the RTP timestamp and the wall clock of one instant, and RFC 3550
#            section 6.4.1 says nothing of packets that have to come before it.
# Seen       Report, then 50 packets: 0 of 50 have a time. One packet, report, then 49 packets: 49 of 50 have one.
# Matters    A server that greets each viewer with a report, so that its times are right from the first picture on, greets this
#            one in vain: the next report is often 5 s away. The report has to follow the first packet.
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
	"encoding/binary"
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

// packet is 20 ms of G.711, framed for the connection.
func packet(sequence int) []byte {
	frame := make([]byte, 4+12+160)
	copy(frame, []byte{'$', 0, 0, 172, 0x80, 0})
	binary.BigEndian.PutUint16(frame[6:], uint16(sequence))
	binary.BigEndian.PutUint32(frame[8:], uint32(1000+sequence*160))
	copy(frame[12:], "SSRC")
	return frame
}

// report tells the time of the packet with that number, framed for the connection.
func report(sequence int) []byte {
	frame := make([]byte, 4+28)
	copy(frame, []byte{'$', 1, 0, 28, 0x80, 200, 0, 6, 'S', 'S', 'R', 'C'})
	binary.BigEndian.PutUint32(frame[12:], uint32(time.Now().Unix()+2208988800))
	binary.BigEndian.PutUint32(frame[20:], uint32(1000+sequence*160))
	binary.BigEndian.PutUint32(frame[24:], uint32(sequence))
	binary.BigEndian.PutUint32(frame[28:], uint32(sequence*160))
	return frame
}

// serve answers one client, and sends 50 packets, and a report before the packet with that number.
func serve(listener net.Listener, reportBefore int) {
	connection, err := listener.Accept()
	if err != nil {
		return
	}
	defer connection.Close()
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
		method, number, headers := strings.Fields(head[0])[0], "", "Session: 1\r\n\r\n"
		for _, line := range head {
			if strings.HasPrefix(line, "CSeq:") {
				number = line
			}
		}
		switch method {
		case "OPTIONS":
			headers = "Public: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n\r\n"
		case "DESCRIBE":
			headers = fmt.Sprintf("Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(sdp), sdp)
		case "SETUP":
			headers = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1;timeout=60\r\n\r\n"
		}
		fmt.Fprintf(connection, "RTSP/1.0 200 OK\r\n%s\r\n%s", number, headers)
		if method != "PLAY" {
			continue
		}
		for sequence := range 50 {
			if sequence == reportBefore {
				connection.Write(report(sequence))
			}
			connection.Write(packet(sequence))
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// play returns how many packets came, and of how many the client knew the time.
func play(reportBefore int) (int64, int64) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer listener.Close()
	go serve(listener, reportBefore)
	u, _ := base.ParseURL("rtsp://" + listener.Addr().String() + "/live")
	tcp := gortsplib.ProtocolTCP
	client := gortsplib.Client{Scheme: u.Scheme, Host: u.Host, Protocol: &tcp}
	if err := client.Start(); err != nil {
		panic(err)
	}
	defer client.Close()
	described, _, err := client.Describe(u)
	if err == nil {
		err = client.SetupAll(described.BaseURL, described.Medias)
	}
	if err != nil {
		panic(err)
	}
	var all, timed atomic.Int64
	client.OnPacketRTPAny(func(media *description.Media, _ format.Format, packet *rtp.Packet) {
		all.Add(1)
		if _, known := client.PacketNTP(media, packet); known {
			timed.Add(1)
		}
	})
	if _, err := client.Play(nil); err != nil {
		panic(err)
	}
	time.Sleep(2 * time.Second)
	return all.Load(), timed.Load()
}

func main() {
	first, timedFirst := play(0)
	second, timedSecond := play(1)
	fmt.Printf("report first: %d packets, time known of %d\n", first, timedFirst)
	fmt.Printf("report behind the first packet: %d packets, time known of %d\n", second, timedSecond)
	if first != 50 || timedFirst != 0 || second != 50 || timedSecond != 49 {
		fmt.Println("CHANGED")
		os.Exit(1)
	}
	fmt.Println("as found")
}
END
go build -o finding .
timeout 60 ./finding
