// Plays pictures with gortsplib, the client of MediaMTX, and prints a line for each access unit that has come.
//
//	gortsplib-viewer [-http] [-udp] URL
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"log"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/pion/rtp"
)

func main() {
	isTunnel := flag.Bool("http", false, "through HTTP")
	isUDP := flag.Bool("udp", false, "by UDP only")
	flag.Parse()
	target, err := base.ParseURL(flag.Arg(0))
	if err != nil {
		log.Fatal(err)
	}
	client := gortsplib.Client{
		Scheme:    target.Scheme,
		Host:      target.Host,
		TLSConfig: &tls.Config{InsecureSkipVerify: true},
	}
	if *isTunnel {
		client.Tunnel = gortsplib.TunnelHTTP
	}
	if *isUDP {
		udp := gortsplib.ProtocolUDP
		client.Protocol = &udp
	}
	if err := client.Start(); err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	presentation, _, err := client.Describe(target)
	if err != nil {
		log.Fatal(err)
	}
	if err := client.SetupAll(presentation.BaseURL, presentation.Medias); err != nil {
		log.Fatal(err)
	}
	client.OnPacketRTPAny(func(media *description.Media, _ format.Format, packet *rtp.Packet) {
		if media.Type == description.MediaTypeVideo && packet.Marker {
			fmt.Println(packet.Timestamp)
		}
	})
	if _, err := client.Play(nil); err != nil {
		log.Fatal(err)
	}
	log.Fatal(client.Wait())
}
