// A notification hub as one writes it with Gin: a channel for each stream, a map of users, a mutex.
// It keeps nothing: who is away, or slower than 64 events, has missed what was sent.
package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

const queue = 64

type hub struct {
	mutex   sync.RWMutex
	streams map[string]map[chan string]struct{}
}

func (h *hub) join(user string) chan string {
	events := make(chan string, queue)
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.streams[user] == nil {
		h.streams[user] = map[chan string]struct{}{}
	}
	h.streams[user][events] = struct{}{}
	return events
}

func (h *hub) leave(user string, events chan string) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	delete(h.streams[user], events)
	if len(h.streams[user]) == 0 {
		delete(h.streams, user)
	}
}

// send drops the event for a stream whose queue is full: nobody else should wait for it.
func send(events chan string, event string) {
	select {
	case events <- event:
	default:
	}
}

func (h *hub) publish(user string, event string) {
	h.mutex.RLock()
	defer h.mutex.RUnlock()
	if user != "" {
		for events := range h.streams[user] {
			send(events, event)
		}
		return
	}
	for _, streams := range h.streams {
		for events := range streams {
			send(events, event)
		}
	}
}

func (h *hub) stream(c *gin.Context) {
	user := c.Query("user")
	events := h.join(user)
	defer h.leave(user, events)
	c.Header("Content-Type", "text/event-stream")
	c.Header("Cache-Control", "no-store")
	c.Writer.WriteHeader(http.StatusOK)
	c.Writer.Flush()
	heartbeat := time.NewTicker(15 * time.Second)
	defer heartbeat.Stop()
	c.Stream(func(_ io.Writer) bool {
		select {
		case <-c.Request.Context().Done():
			return false
		case event := <-events:
			c.SSEvent("notification", event)
		case <-heartbeat.C:
			c.SSEvent("ping", "")
		}
		return true
	})
}

func (h *hub) create(c *gin.Context) {
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, 64*1024))
	if err != nil || !json.Valid(body) {
		c.Status(http.StatusBadRequest)
		return
	}
	h.publish(c.Query("user"), string(body))
	c.Status(http.StatusCreated)
}

func main() {
	h := &hub{streams: map[string]map[chan string]struct{}{}}
	router := gin.New()
	router.Use(gin.Recovery())
	router.GET("/stream", h.stream)
	router.POST("/publish", h.create)
	if err := router.Run(os.Args[1]); err != nil {
		panic(err)
	}
}
