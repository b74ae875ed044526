{{- define "mcp-orch.name" -}}
{{- if contains "mcp-orch" .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-mcp-orch" .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What selects the pods of a service. Of a dict with `root` and `service`. */}}
{{- define "mcp-orch.selector" -}}
app.kubernetes.io/name: mcp-orch
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .service }}
{{- end -}}

{{- define "mcp-orch.labels" -}}
{{ include "mcp-orch.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "mcp-orch.metadata" -}}
name: {{ include "mcp-orch.name" .root }}-{{ .service }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "mcp-orch.labels" . | nindent 2 }}
{{- end -}}

{{- define "mcp-orch.secret" -}}
{{- .Values.secrets.existingSecret | default (include "mcp-orch.name" .) -}}
{{- end -}}

{{- define "mcp-orch.databaseSecret" -}}
{{- required "database.existingSecret: name the secret that has the keys projects-url and logging-url" .Values.database.existingSecret -}}
{{- end -}}

{{/* The address of an ingress. Of a dict with `url` and `ingress`. */}}
{{- define "mcp-orch.publicUrl" -}}
{{- if .url -}}
{{- .url -}}
{{- else if .ingress.enabled -}}
{{- ternary "https" "http" (not (empty .ingress.tlsSecret)) }}://{{ .ingress.host }}
{{- end -}}
{{- end -}}

{{/* Where a service is. Of a dict with `root`, `service` and `port`. */}}
{{- define "mcp-orch.url" -}}
{{ ternary "https" "http" (not (empty .root.Values.serviceTls.existingSecret)) }}://{{ include "mcp-orch.name" .root }}-{{ .service }}:{{ .port }}
{{- end -}}

{{/*
The part of a pod that is the same for every service. Of a dict with `root`, `service`, `values`, `ports` (name to number),
`probe` (the port that is asked), `env` (a list), `secrets` (files of the secret), `data` (whether a volume claim holds
the data folder).
*/}}
{{- define "mcp-orch.pod" -}}
{{- $tls := .root.Values.serviceTls -}}
{{- $scheme := ternary "HTTPS" "HTTP" (and (not (empty $tls.existingSecret)) (eq .probe "grpc")) -}}
metadata:
  labels:
    {{- include "mcp-orch.labels" . | nindent 4 }}
  annotations:
    {{- if .root.Values.metrics.annotations }}
    prometheus.io/scrape: "true"
    prometheus.io/port: {{ index .ports .probe | quote }}
    prometheus.io/path: /metrics
    prometheus.io/scheme: {{ lower $scheme }}
    {{- end }}
    {{- with .values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  automountServiceAccountToken: false
  # Variables such as MCPORCH_…_PORT, made by Kubernetes for a release of that name, would be taken for settings.
  enableServiceLinks: false
  # 5 seconds in which the pod leaves the endpoints, 20 for requests in flight, and some to flush.
  terminationGracePeriodSeconds: 40
  {{- with .root.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: {{ .service }}
      image: "{{ .root.Values.image.repository }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}"
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      args: [serve, --service, {{ .service }}]
      env:
        - name: MCPORCH_SERVICE_SECRET_FILE
          value: /run/secrets/mcp-orch/service-secret
        - name: MCPORCH_HOST__TELEMETRY__LOG_FORMAT
          value: json
        {{- if $tls.existingSecret }}
        - name: MCPORCH_HOST__TLS__CERTIFICATE_FILE
          value: /run/secrets/tls/tls.crt
        - name: MCPORCH_HOST__TLS__KEY_FILE
          value: /run/secrets/tls/tls.key
        - name: MCPORCH_HOST__TLS__AUTHORITY_FILE
          value: /run/secrets/tls/ca.crt
        {{- with $tls.serverName }}
        - name: MCPORCH_HOST__TLS__SERVER_NAME
          value: {{ . | quote }}
        {{- end }}
        {{- end }}
        {{- with .root.Values.otlpEndpoint }}
        - name: OTEL_EXPORTER_OTLP_ENDPOINT
          value: {{ . | quote }}
        - name: POD_NAME
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
        - name: OTEL_RESOURCE_ATTRIBUTES
          value: service.instance.id=$(POD_NAME)
        {{- end }}
        {{- toYaml .env | nindent 8 }}
        {{- with .values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      ports:
        {{- range $name, $port := .ports }}
        - name: {{ $name }}
          containerPort: {{ $port }}
        {{- end }}
      # Listens when the database is migrated, which may take minutes on a large one.
      startupProbe:
        httpGet: { path: /livez, port: {{ .probe }}, scheme: {{ $scheme }} }
        periodSeconds: 2
        failureThreshold: 300
      livenessProbe:
        httpGet: { path: /livez, port: {{ .probe }}, scheme: {{ $scheme }} }
        periodSeconds: 10
        timeoutSeconds: 3
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /readyz, port: {{ .probe }}, scheme: {{ $scheme }} }
        periodSeconds: 5
        timeoutSeconds: 3
        failureThreshold: 2
      lifecycle:
        preStop:
          exec:
            command: [sleep, "5"]
      resources:
        {{- toYaml .values.resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      volumeMounts:
        - { name: data, mountPath: /var/lib/mcp-orch }
        - { name: home, mountPath: /home/mcp-orch }
        - { name: tmp, mountPath: /tmp }
        - { name: secrets, mountPath: /run/secrets/mcp-orch, readOnly: true }
        {{- if $tls.existingSecret }}
        - { name: tls, mountPath: /run/secrets/tls, readOnly: true }
        {{- end }}
  volumes:
    {{- if not .data }}
    - name: data
      emptyDir: {}
    {{- end }}
    - name: home
      emptyDir: {}
    - name: tmp
      emptyDir: {}
    - name: secrets
      secret:
        secretName: {{ include "mcp-orch.secret" .root }}
        defaultMode: 0440
        items:
          {{- range .secrets }}
          - { key: {{ . }}, path: {{ . }} }
          {{- end }}
    {{- with $tls.existingSecret }}
    - name: tls
      secret:
        secretName: {{ . }}
        defaultMode: 0440
        items:
          - { key: tls.crt, path: tls.crt }
          - { key: tls.key, path: tls.key }
          - { key: ca.crt, path: ca.crt }
    {{- end }}
  {{- with .values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .values.affinity }}
  affinity:
    {{- toYaml .values.affinity | nindent 4 }}
  {{- else }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "mcp-orch.selector" . | nindent 10 }}
  {{- end }}
{{- end -}}

{{/* A Deployment, its Service and its PodDisruptionBudget. Of the same dict. */}}
{{- define "mcp-orch.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "mcp-orch.metadata" . | nindent 2 }}
spec:
  replicas: {{ .values.replicas }}
  selector:
    matchLabels:
      {{- include "mcp-orch.selector" . | nindent 6 }}
  strategy:
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  template:
    {{- include "mcp-orch.pod" . | nindent 4 }}
---
apiVersion: v1
kind: Service
metadata:
  {{- include "mcp-orch.metadata" . | nindent 2 }}
spec:
  selector:
    {{- include "mcp-orch.selector" . | nindent 4 }}
  ports:
    {{- range $name, $port := .ports }}
    - { name: {{ $name }}, port: {{ $port }}, targetPort: {{ $name }} }
    {{- end }}
---
{{ include "mcp-orch.disruptionBudget" . }}
{{- end -}}

{{- define "mcp-orch.disruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "mcp-orch.metadata" . | nindent 2 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "mcp-orch.selector" . | nindent 6 }}
{{- end -}}
