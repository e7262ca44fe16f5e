#!/usr/bin/env bash
# Package    github.com/AlexxIT/go2rtc v1.9.9 (Go module): the RTSP client in its folder pkg/rtsp.
# Behaviour  The client sends a keepalive five seconds before the timeout that the server gives. With a timeout of five seconds
#            or less it sends one each 25 s.
# Expected   A keepalive within the timeout, whatever that is: a shorter timeout should make keepalives come more often.
# Seen       timeout=8: OPTIONS after 3, 6, 9 s and so on. timeout=5: the first OPTIONS after 25 s.
# Matters    An operator sets a timeout of some seconds so that dead viewers leave early, and loses the live ones.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GOPATH="$folder/go" GOFLAGS=-modcacherw
go mod init finding 2>/dev/null
go get github.com/AlexxIT/go2rtc/pkg/rtsp@v1.9.9 2>/dev/null
cat > main.go <<'END'
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/AlexxIT/go2rtc/pkg/rtsp"
)

const sdp = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=control:t\r\n"

// play plays for 27 s from a server whose sessions have that timeout, and returns when a keepalive came.
func play(timeout int) (keepalives []float64) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	client := rtsp.NewClient("rtsp://" + listener.Addr().String() + "/live")
	go func() {
		if client.Dial() != nil || client.Describe() != nil {
			return
		}
		for _, media := range client.Medias {
			client.GetTrack(media, media.Codecs[0])
		}
		client.Start()
	}()
	connection, err := listener.Accept()
	if err != nil {
		panic(err)
	}
	listener.Close()
	timer := time.AfterFunc(28*time.Second, func() { connection.Close() })
	defer timer.Stop()
	var started time.Time
	var writing sync.Mutex
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
		case "DESCRIBE":
			headers = fmt.Sprintf("Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(sdp), sdp)
		case "SETUP":
			headers = fmt.Sprintf("Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1;timeout=%d\r\n\r\n", timeout)
		}
		if !started.IsZero() {
			keepalives = append(keepalives, time.Since(started).Seconds())
		}
		writing.Lock()
		fmt.Fprintf(connection, "RTSP/1.0 200 OK\r\n%s\r\n%s", number, headers)
		writing.Unlock()
		if method == "PLAY" {
			started = time.Now()
			go func() {
				for sequence := 0; ; sequence++ {
					packet := make([]byte, 4+12+400)
					timestamp := sequence * 400
					copy(packet, []byte{'$', 0, 1, 156, 0x80, 0, byte(sequence >> 8), byte(sequence),
						byte(timestamp >> 24), byte(timestamp >> 16), byte(timestamp >> 8), byte(timestamp), 'S', 'S', 'R', 'C'})
					writing.Lock()
					_, err := connection.Write(packet)
					writing.Unlock()
					if err != nil {
						return
					}
					time.Sleep(50 * time.Millisecond)
				}
			}()
		}
	}
}

func main() {
	var of8, of5 []float64
	var both sync.WaitGroup
	both.Add(2)
	go func() { defer both.Done(); of8 = play(8) }()
	go func() { defer both.Done(); of5 = play(5) }()
	both.Wait()
	fmt.Printf("timeout=8: keepalives after %.1f s\ntimeout=5: keepalives after %.1f s\n", of8, of5)
	if len(of8) < 6 || of8[0] > 4 || len(of5) != 1 || of5[0] < 24 {
		fmt.Println("CHANGED")
		os.Exit(1)
	}
	fmt.Println("as found")
}
END
go build -o finding .
timeout 60 ./finding
