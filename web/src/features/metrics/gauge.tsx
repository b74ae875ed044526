/** Half a circle from 0 to 1, filled as far as the share goes. */
export function Gauge({ share, text }: { share: number; text: string }) {
  // An arc of radius 40 is 40 π long.
  const length = Math.PI * 40;
  return (
    <svg viewBox="0 0 100 54" aria-hidden="true" className="h-15 w-full">
      <path
        d="M10 50 A40 40 0 0 1 90 50"
        className="fill-none stroke-chart-error"
        strokeWidth="9"
        opacity={share < 1 ? 1 : 0}
      />
      <path
        d="M10 50 A40 40 0 0 1 90 50"
        className="fill-none stroke-success"
        strokeWidth="9"
        strokeDasharray={`${share * length} ${length}`}
      />
      <text
        x="50"
        y="49"
        textAnchor="middle"
        className="fill-text font-sans font-semibold text-[15px]"
      >
        {text}
      </text>
    </svg>
  );
}
