// Serves with gortsplib, the server of MediaMTX, what clients publish, and prints its address once it listens.
//
//	gortsplib-server HOST:PORT [GROUPS [CERTIFICATE KEY]]
//
// GROUPS is a network of multicast groups, such as 239.255.22.0/28. With a certificate, it serves TLS, and media with SRTP.
package main

import (
	"crypto/tls"
	"fmt"
	"log"
	"net"
	"os"
	"sync"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/pion/rtp"
)

type handler struct {
	mutex   sync.Mutex
	server  *gortsplib.Server
	streams map[string]*gortsplib.ServerStream
	owners  map[*gortsplib.ServerSession]string
}

func (h *handler) OnSessionClose(ctx *gortsplib.ServerHandlerOnSessionCloseCtx) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if path, ok := h.owners[ctx.Session]; ok {
		h.streams[path].Close()
		delete(h.streams, path)
		delete(h.owners, ctx.Session)
	}
}

func (h *handler) stream(path string) *gortsplib.ServerStream {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.streams[path]
}

func (h *handler) OnDescribe(ctx *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	stream := h.stream(ctx.Path)
	if stream == nil {
		return &base.Response{StatusCode: base.StatusNotFound}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, stream, nil
}

func (h *handler) OnAnnounce(ctx *gortsplib.ServerHandlerOnAnnounceCtx) (*base.Response, error) {
	stream := &gortsplib.ServerStream{Server: h.server, Desc: ctx.Description}
	if err := stream.Initialize(); err != nil {
		return &base.Response{StatusCode: base.StatusBadRequest}, err
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.streams[ctx.Path] = stream
	h.owners[ctx.Session] = ctx.Path
	return &base.Response{StatusCode: base.StatusOK}, nil
}

func (h *handler) OnSetup(ctx *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if ctx.Session.State() == gortsplib.ServerSessionStatePreRecord {
		return &base.Response{StatusCode: base.StatusOK}, nil, nil
	}
	stream := h.stream(ctx.Path)
	if stream == nil {
		return &base.Response{StatusCode: base.StatusNotFound}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, stream, nil
}

func (h *handler) OnPlay(*gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil
}

func (h *handler) OnRecord(ctx *gortsplib.ServerHandlerOnRecordCtx) (*base.Response, error) {
	h.mutex.Lock()
	stream := h.streams[h.owners[ctx.Session]]
	h.mutex.Unlock()
	ctx.Session.OnPacketRTPAny(func(media *description.Media, _ format.Format, packet *rtp.Packet) {
		if err := stream.WritePacketRTP(media, packet); err != nil {
			log.Print(err)
		}
	})
	return &base.Response{StatusCode: base.StatusOK}, nil
}

func main() {
	address := os.Args[1]
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		log.Fatal(err)
	}
	var secure *tls.Config
	if len(os.Args) > 4 {
		pair, err := tls.LoadX509KeyPair(os.Args[3], os.Args[4])
		if err != nil {
			log.Fatal(err)
		}
		secure = &tls.Config{Certificates: []tls.Certificate{pair}}
	}
	h := &handler{
		streams: map[string]*gortsplib.ServerStream{},
		owners:  map[*gortsplib.ServerSession]string{},
	}
	for port := 24000; port < 24100; port += 2 {
		h.server = &gortsplib.Server{
			Handler:        h,
			RTSPAddress:    address,
			UDPRTPAddress:  fmt.Sprintf("%s:%d", host, port),
			UDPRTCPAddress: fmt.Sprintf("%s:%d", host, port+1),
			TLSConfig:      secure,
		}
		if len(os.Args) > 2 {
			h.server.MulticastIPRange = os.Args[2]
			h.server.MulticastRTPPort = 26000
			h.server.MulticastRTCPPort = 26001
		}
		if err = h.server.Start(); err == nil {
			fmt.Printf("gortsplib rtsp://%s\n", address)
			log.Fatal(h.server.Wait())
		}
	}
	log.Fatal(err)
}
