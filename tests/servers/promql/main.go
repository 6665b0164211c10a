// promql answers PromQL over scrapes that were kept: Prometheus' own engine, parser and rule reader, without its server.
//
// Reads one JSON document from standard input and writes one to standard output; see request and answer.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

// version is set by the linker.
var version = "unknown"

// scrape is what a target answered at a moment in Unix seconds; without a text it did not answer.
type scrape struct {
	At          float64           `json:"at"`
	Labels      map[string]string `json:"labels"`
	ContentType string            `json:"content_type"`
	Text        *string           `json:"text"`
}

// request asks for each query at each step of a stretch of time, in Unix seconds, and for each rule of a rule file.
type request struct {
	Scrapes []scrape `json:"scrapes"`
	Queries []string `json:"queries"`
	Rules   string   `json:"rules"`
	Start   float64  `json:"start"`
	End     float64  `json:"end"`
	Step    float64  `json:"step"`
}

type series struct {
	Labels map[string]string `json:"labels"`
	Values [][2]any          `json:"values"`
}

type result struct {
	Query  string   `json:"query"`
	Error  string   `json:"error"`
	Series []series `json:"series"`
}

type rule struct {
	Alert       string            `json:"alert"`
	ForS        float64           `json:"for_s"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	Result      result            `json:"result"`
}

type answer struct {
	Queries    []result `json:"queries"`
	Rules      []rule   `json:"rules"`
	RuleErrors []string `json:"rule_errors"`
}

func main() {
	if slices.Contains(os.Args, "--version") {
		fmt.Println("promql", version)
		return
	}
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	var asked request
	if err := json.NewDecoder(in).Decode(&asked); err != nil {
		return err
	}
	kept, err := collected(asked.Scrapes)
	if err != nil {
		return err
	}
	evaluator := evaluator{kept, asked, parser.NewParser(parser.Options{})}
	told := answer{Queries: []result{}, Rules: []rule{}, RuleErrors: []string{}}
	for _, query := range asked.Queries {
		told.Queries = append(told.Queries, evaluator.result(query))
	}
	evaluator.rules(&told)
	return json.NewEncoder(out).Encode(told)
}

// memory holds series by their labels, in the order in which they were first seen.
type memory struct {
	byLabels map[string]*promql.Series
	order    []*promql.Series
}

func (m *memory) add(metric labels.Labels, at int64, v float64) {
	key := metric.String()
	found := m.byLabels[key]
	if found == nil {
		found = &promql.Series{Metric: metric}
		m.byLabels[key] = found
		m.order = append(m.order, found)
	}
	found.Floats = append(found.Floats, promql.FPoint{T: at, F: v})
}

// collected stores scrapes as Prometheus does: with the target's labels, `up`, and an end mark on series that are gone.
func collected(scrapes []scrape) (*memory, error) {
	kept := &memory{byLabels: map[string]*promql.Series{}}
	before := map[string]map[string]labels.Labels{}
	for _, each := range scrapes {
		target, at := labels.FromMap(each.Labels), int64(math.Round(each.At*1000))
		now := map[string]labels.Labels{}
		up := 0.0
		if each.Text != nil {
			up = 1
			if err := kept.read(each, at, now); err != nil {
				return nil, err
			}
		}
		for key, metric := range before[target.String()] {
			if _, stays := now[key]; !stays {
				kept.add(metric, at, math.Float64frombits(value.StaleNaN))
			}
		}
		before[target.String()] = now
		kept.add(with(target, labels.FromStrings(labels.MetricName, "up")), at, up)
	}
	return kept, nil
}

func (m *memory) read(each scrape, at int64, seen map[string]labels.Labels) error {
	options := textparse.ParserOptions{}
	parsing, err := textparse.New([]byte(*each.Text), each.ContentType, labels.NewSymbolTable(), options)
	if err != nil {
		return err
	}
	for {
		entry, err := parsing.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if entry != textparse.EntrySeries {
			continue
		}
		var metric labels.Labels
		parsing.Labels(&metric)
		metric = with(metric, labels.FromMap(each.Labels))
		_, _, v := parsing.Series()
		if _, twice := seen[metric.String()]; twice {
			return fmt.Errorf("%s stands twice in one scrape", metric)
		}
		seen[metric.String()] = metric
		m.add(metric, at, v)
	}
}

func with(metric, more labels.Labels) labels.Labels {
	builder := labels.NewBuilder(metric)
	more.Range(func(label labels.Label) { builder.Set(label.Name, label.Value) })
	return builder.Labels()
}

// found is a series set over what a selector matched.
type found struct {
	series []*promql.Series
	at     int
}

func (f *found) Next() bool                        { f.at++; return f.at < len(f.series) }
func (f *found) At() storage.Series                { return promql.NewStorageSeries(*f.series[f.at]) }
func (f *found) Err() error                        { return nil }
func (f *found) Warnings() annotations.Annotations { return nil }

func (m *memory) selected(_ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	chosen := &found{at: -1}
	for _, each := range m.order {
		if matches(each.Metric, matchers) {
			chosen.series = append(chosen.series, each)
		}
	}
	return chosen
}

func matches(metric labels.Labels, matchers []*labels.Matcher) bool {
	for _, matcher := range matchers {
		if !matcher.Matches(metric.Get(matcher.Name)) {
			return false
		}
	}
	return true
}

type evaluator struct {
	kept   *memory
	asked  request
	parser parser.Parser
}

func (e evaluator) result(query string) result {
	told := result{Query: query, Series: []series{}}
	matrix, err := e.matrix(query)
	if err != nil {
		told.Error = err.Error()
		return told
	}
	for _, each := range matrix {
		values := [][2]any{}
		for _, point := range each.Floats {
			values = append(values, [2]any{float64(point.T) / 1000, strconv.FormatFloat(point.F, 'g', -1, 64)})
		}
		told.Series = append(told.Series, series{each.Metric.Map(), values})
	}
	return told
}

func (e evaluator) matrix(query string) (promql.Matrix, error) {
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples:           10_000_000,
		Timeout:              time.Minute,
		LookbackDelta:        5 * time.Minute,
		EnableAtModifier:     true,
		EnableNegativeOffset: true,
		Parser:               e.parser,
	})
	defer engine.Close()
	stored := &storage.MockQueryable{MockQuerier: &storage.MockQuerier{SelectMockFunction: e.kept.selected}}
	ctx, step := context.Background(), time.Duration(e.asked.Step*float64(time.Second))
	asked, err := engine.NewRangeQuery(ctx, stored, nil, query, moment(e.asked.Start), moment(e.asked.End), step)
	if err != nil {
		return nil, err
	}
	defer asked.Close()
	evaluated := asked.Exec(ctx)
	if evaluated.Err != nil {
		return nil, evaluated.Err
	}
	matrix, err := evaluated.Matrix()
	return slices.Clone(matrix), err
}

func (e evaluator) rules(told *answer) {
	read, errs := rulefmt.Parse([]byte(e.asked.Rules), false, model.UTF8Validation, e.parser, promslog.NewNopLogger())
	for _, err := range errs {
		told.RuleErrors = append(told.RuleErrors, err.Error())
	}
	if read == nil {
		return
	}
	for _, group := range read.Groups {
		for _, each := range group.Rules {
			hold := time.Duration(each.For).Seconds()
			told.Rules = append(told.Rules, rule{each.Alert, hold, each.Labels, each.Annotations, e.result(each.Expr)})
		}
	}
}

func moment(seconds float64) time.Time {
	return time.UnixMilli(int64(math.Round(seconds * 1000)))
}
